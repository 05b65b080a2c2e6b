package folder

import (
	"os"
	"syscall"
)

// allocate gives a file so many bytes of the disk, not only of length.
func allocate(f *os.File, size int64) error { return syscall.Fallocate(int(f.Fd()), 0, 0, size) }
