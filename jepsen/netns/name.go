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

// A name is aion-PID-TIME-COUNT-END. TIME is when the process started, in ticks since the machine
// did, because process ids are reused.
var names = regexp.MustCompile(`^aion-([0-9]+)-([0-9]+)-[0-9]+-`)

var made atomic.Int64

// newName returns the prefix of the names of one switch.
func newName() string {
	return fmt.Sprintf("aion-%d-%s-%d", os.Getpid(), began(os.Getpid()), made.Add(1))
}

// began returns when a process started, or "" if it does not exist.
func began(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses, and may contain anything. The start
	// time follows 20 fields later.
	_, rest, _ := strings.Cut(string(b[strings.LastIndexByte(string(b), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return ""
	}
	return fields[19]
}

// sweep removes what dead processes have left.
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
		// another process may sweep at the same time
		if err := command("", "ip", "netns", "del", e.Name()); err != nil && exists(e.Name()) {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, err)...)
}

func exists(name string) bool {
	_, err := os.Lstat(mounts + "/" + name)
	return err == nil
}
