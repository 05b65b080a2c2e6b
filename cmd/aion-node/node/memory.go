package node

import (
	"os"
	"strconv"
	"strings"
)

// machineMemory returns how much memory this process may use: the machine's, or its control group's
// if that is less. If neither can be read it assumes 4 GiB.
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
	lower(number(read("/sys/fs/cgroup/memory.max")))                   // version 2; "max" is not a number
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

// shareMemory returns how much memory the bodies of calls may use, and how many packages may be
// compiled at a time, each in a process with a limit of its own. Each gets a quarter of the memory,
// unless configured.
func shareMemory(machine, callMemory, checkMemory int64) (calls int64, checks int) {
	calls = callMemory
	if calls == 0 {
		calls = max(64<<20, machine/4)
	}
	return calls, int(max(1, machine/4/checkMemory))
}
