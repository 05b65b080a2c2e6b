//go:build unix

package main

import "syscall"

// keepPrivate makes every file that this process makes its user's alone.
func keepPrivate() { syscall.Umask(0o077) }
