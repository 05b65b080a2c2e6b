package netns

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// A name is aion-PID-TIME-COUNT-END. TIME is when the process began, in ticks since the machine
// did: ids are used again.
var names = regexp.MustCompile(`^aion-([0-9]+)-([0-9]+)-[0-9]+-`)

var made atomic.Int64

// newName is the beginning of the names of one switch.
func newName() string {
	return fmt.Sprintf("aion-%d-%s-%d", os.Getpid(), began(os.Getpid()), made.Add(1))
}

// began is when a process began; "" when there is none.
func began(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in brackets, and may hold anything; 20 fields on is
	// the time.
	_, rest, _ := strings.Cut(string(b[strings.LastIndexByte(string(b), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// sweep removes what processes that are dead have left.
func sweep() error {
	entries, err := os.ReadDir(mounts)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var errs []error
	for _, e := range entries {
		m := names.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		pid, _ := strconv.Atoi(m[1])
		if began(pid) == m[2] {
			continue
		}
		if err := command("", "ip", "netns", "del", e.Name()); err != nil && exists(e.Name()) { // another process may sweep, too
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, err)...)
}

func exists(name string) bool {
	_, err := os.Lstat(mounts + "/" + name)
	return err == nil
}
