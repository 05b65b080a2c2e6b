//go:build unix

package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// untilUnread calls gone when f is a pipe or a socket whose other end is closed. The caller calls
// stop, which waits for the watch to end.
func untilUnread(f *os.File, gone func()) (stop func()) {
	wakes, wake, err := os.Pipe()
	if err != nil {
		return func() {} // out of descriptors: the next write fails
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		// No event is requested: errors and hang-ups are always reported.
		of := []unix.PollFd{{Fd: int32(f.Fd())}, {Fd: int32(wakes.Fd())}}
		for {
			_, err := unix.Poll(of, -1)
			switch {
			case err == syscall.EINTR:
			case err != nil || of[1].Revents != 0 || of[0].Revents&unix.POLLNVAL != 0:
				return
			case of[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0:
				gone()
				return
			}
		}
	}()
	return func() {
		wake.Close()
		<-over
		wakes.Close()
	}
}
