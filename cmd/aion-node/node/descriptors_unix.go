//go:build unix

package node

import "syscall"

// openFiles returns how many files this process may open.
func openFiles() (uint64, error) {
	var r syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r)
	return uint64(r.Cur), err
}
