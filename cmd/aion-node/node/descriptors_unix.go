//go:build unix

package node

import "syscall"

// openFiles is how many files this process may have open.
func openFiles() (uint64, error) {
	var r syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r)
	return uint64(r.Cur), err
}
