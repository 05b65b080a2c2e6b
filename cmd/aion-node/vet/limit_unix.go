//go:build unix

package vet

import "syscall"

// cage limits this process permanently: its memory, and no core files.
//
// It uses RLIMIT_DATA, not RLIMIT_AS, because Go reserves far more addresses than it uses.
func cage(memory int64) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return err
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: uint64(memory), Max: uint64(memory)})
}
