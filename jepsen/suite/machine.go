package suite

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// here describes this machine.
func here() Machine {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return Machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, Kernel: strings.TrimSpace(string(kernel)), CPUs: runtime.NumCPU(), Go: runtime.Version(),
		Load: [2]float64{loadAverage()},
	}
}

// loadAverage returns the load average of the last minute, or -1 if it is unknown.
func loadAverage() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return -1
	}
	first, _, _ := strings.Cut(string(b), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return -1
	}
	return load
}
