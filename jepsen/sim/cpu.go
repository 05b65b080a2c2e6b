package sim

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used of all cores: unlike elapsed time it says something on a
// machine that others use too.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // then no figure is told for it
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
