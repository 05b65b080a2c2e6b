package node

import (
	"os"
	"strconv"
	"strings"
)

// machineMemory is how much memory this process may take: the machine's, or its control group's if
// that is less. Where neither can be read it is taken to be 4 GiB.
func machineMemory() int64 {
	most := int64(0)
	lower := func(n int64) {
		if n > 0 && (most == 0 || n < most) {
			most = n
		}
	}
	for line := range strings.Lines(read("/proc/meminfo")) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			lower(number(f[1]) << 10)
		}
	}
	lower(number(read("/sys/fs/cgroup/memory.max")))                   // version 2; "max" is no number
	lower(number(read("/sys/fs/cgroup/memory/memory.limit_in_bytes"))) // version 1
	if most == 0 {
		return 4 << 30
	}
	return most
}

func read(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// shareMemory says how much the bodies of calls may take, and how many packages may be compiled at
// a time, each in a process with a limit of its own: a quarter of the memory each, unless it is
// set.
func shareMemory(machine, callMemory, checkMemory int64) (calls int64, checks int) {
	calls = callMemory
	if calls == 0 {
		calls = max(64<<20, machine/4)
	}
	return calls, int(max(1, machine/4/checkMemory))
}
