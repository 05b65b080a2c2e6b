package node

import "testing"

func TestMemoryIsSharedOut(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		machine, set, check int64
		calls               int64
		checks              int
	}{
		{8 * gib, 0, gib, 2 * gib, 2},
		{128 << 20, 0, gib, 64 << 20, 1},
		{64 * gib, 100 << 20, gib, 100 << 20, 16},
	} {
		if calls, checks := shareMemory(c.machine, c.set, c.check); calls != c.calls || checks != c.checks {
			t.Errorf("%+v: %d, %d", c, calls, checks)
		}
	}
	if n := machineMemory(); n < 64<<20 {
		t.Errorf("this machine has %d bytes", n)
	}
}
