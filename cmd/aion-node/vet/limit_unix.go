//go:build unix

package vet

import "syscall"

// cage limits this process for good: its memory, and no core files.
//
// RLIMIT_DATA and not RLIMIT_AS: Go reserves far more addresses than it uses.
func cage(memory int64) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: uint64(memory), Max: uint64(memory)})
}
