package node

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

func TestMemoryIsSharedOut(t *testing.T) {
	for _, c := range []struct {
		machine, calls, waits, resident, check int64
		want                                   memoryShares
	}{
		{8 * gib, 0, 0, 0, gib, memoryShares{2 * gib, 26_214, gib, 2}},
		{100 * mib, 0, 0, 0, gib, memoryShares{64 * mib, 1_000, 16 * mib, 1}},
		{64 * gib, 100 * mib, 0, 200 * mib, gib, memoryShares{100 * mib, 50_000, 200 * mib, 16}},
		{gib, 0, 7, 0, gib, memoryShares{gib / 4, 7, gib / 8, 1}},
	} {
		if got := shareMemory(c.machine, c.calls, c.waits, c.resident, c.check); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if n := machineMemory(); n < 64*mib {
		t.Errorf("this machine has %d bytes", n)
	}
}

// TestTheLeastMemoryCounts gives machines whose groups limit them.
func TestTheLeastMemoryCounts(t *testing.T) {
	const unset = math.MaxInt64 // what Go returns without GOMEMLIMIT
	for name, c := range map[string]struct {
		files map[string]string
		limit int64
		want  int64
	}{
		"nothing to read": {nil, unset, 4 * gib},
		"a machine":       {map[string]string{"proc/meminfo": "MemTotal:       8388608 kB\nMemFree: 1 kB\n"}, unset, 8 * gib},
		"GOMEMLIMIT":      {map[string]string{"proc/meminfo": "MemTotal: 8388608 kB\n"}, 3 * gib, 3 * gib},
		"a container": {map[string]string{
			"proc/meminfo": "MemTotal: 8388608 kB\n", "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2147483648\n",
		}, unset, 2 * gib},
		"a service in a slice": {map[string]string{
			"proc/meminfo": "MemTotal: 8388608 kB\n", "proc/self/cgroup": "0::/system.slice/aion.service\n",
			"sys/fs/cgroup/system.slice/memory.max": "1073741824\n", "sys/fs/cgroup/system.slice/aion.service/memory.max": "max\n",
		}, unset, gib},
		"version 1": {map[string]string{
			"proc/meminfo": "MemTotal: 8388608 kB\n", "proc/self/cgroup": "4:memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}, unset, 512 * mib},
		"no limit in version 1": {map[string]string{
			"proc/meminfo": "MemTotal: 8388608 kB\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, unset, 8 * gib},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range c.files {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := leastMemory(root+"/", c.limit); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}
