package node

import (
	"math"
	"runtime/debug"
	"testing"
)

// The environment goes before what the node would choose.
func TestTuneCollector(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(math.MaxInt64)
	defer func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}()
	t.Setenv("GOGC", "50")
	t.Setenv("GOMEMLIMIT", "1GiB")
	TuneCollector()
	if p, l := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); p != 100 || l != math.MaxInt64 {
		t.Errorf("the environment's settings became %d %% and %d bytes", p, l)
	}
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	want := machineMemory() / 4 * 3
	TuneCollector()
	if p, l := debug.SetGCPercent(100), debug.SetMemoryLimit(-1); p != garbage || l != want {
		t.Errorf("%d %% and %d bytes, want %d and %d", p, l, garbage, want)
	}
}
