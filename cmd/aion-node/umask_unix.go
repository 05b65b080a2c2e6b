//go:build unix

package main

import "syscall"

// keepPrivate makes the files that this process creates private to its user.
func keepPrivate() { syscall.Umask(0o077) }
