package sim

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that this process has used on all cores. Unlike elapsed time it
// means something on a shared machine.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // then no figure is printed
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
