package node

import (
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryShares is how much memory each part of a node may use.
type memoryShares struct {
	calls    int64 // bytes of the bodies of all calls and their answers
	waits    int64 // calls that may wait at a time
	resident int64 // bytes of the executions that are parked between turns
	checks   int   // packages that may be compiled at a time, each in a process of its own
}

// A call that waits holds its goroutine's stack and the request: half of waitBytes, until garbage.
const (
	waitBytes = 40 << 10
	mostWaits = 50_000
)

// shareMemory shares out the memory of the machine: a quarter to calls, a quarter to processes that
// compile, and an eighth each to parked executions and to calls that wait, for Go's heap may be
// twice what lives in it. What is configured (not 0) is as it was configured.
func shareMemory(machine, calls, waits, resident, check int64) memoryShares {
	s := memoryShares{calls: calls, waits: waits, resident: resident, checks: int(max(1, machine/4/check))}
	if s.waits == 0 {
		s.waits = min(mostWaits, max(1_000, machine/8/waitBytes))
	}
	if s.calls == 0 {
		s.calls = max(64<<20, machine/4)
	}
	if s.resident == 0 {
		s.resident = max(16<<20, machine/8)
	}
	return s
}

// machineMemory returns how much memory this process may use: the machine's, or the limit of its
// control group, of one that holds it, or of GOMEMLIMIT, if that is less. If none can be read it
// assumes 4 GiB.
func machineMemory() int64 {
	return leastMemory("/", debug.SetMemoryLimit(-1))
}

// leastMemory is machineMemory of a machine whose file system stands under root.
func leastMemory(root string, limit int64) int64 {
	most := int64(math.MaxInt64)
	lower := func(n int64) {
		if n > 0 {
			most = min(most, n)
		}
	}
	lower(limit)
	for line := range strings.Lines(read(root + "proc/meminfo")) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			lower(number(f[1]) << 10)
		}
	}
	for line := range strings.Lines(read(root + "proc/self/cgroup")) {
		if g, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/"); ok { // version 2; "max" is not a number
			for g = path.Clean("/" + g); ; g = path.Dir(g) {
				lower(number(read(path.Join(root, "sys/fs/cgroup", g, "memory.max"))))
				if g == "/" {
					break
				}
			}
		}
	}
	lower(number(read(root + "sys/fs/cgroup/memory/memory.limit_in_bytes"))) // version 1, in a container
	if most == math.MaxInt64 {
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
