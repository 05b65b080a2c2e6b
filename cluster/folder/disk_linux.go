package folder

import (
	"os"
	"syscall"
)

// allocate reserves disk blocks for a file, not only its length.
func allocate(f *os.File, size int64) error { return syscall.Fallocate(int(f.Fd()), 0, 0, size) }
