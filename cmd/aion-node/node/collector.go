package node

import (
	"os"
	"runtime/debug"
)

// garbage is how much may lie around before it is collected, in percent of what lives. Half as much
// costs a busy leader an eighth of its processor time.
const garbage = 200

// TuneCollector lets garbage grow further than Go does by itself, as long as there is memory:
// beyond three quarters of the machine's it is collected as often as it takes. GOGC and GOMEMLIMIT
// of the environment count instead. It is for the whole process; call it after Open, which shares
// out the memory that it finds.
func TuneCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(machineMemory() / 4 * 3)
	}
}
