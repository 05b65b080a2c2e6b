package main

import (
	"context"
	"io"
)

// stdin is standard input until the command is interrupted. A terminal, or a pipe that nobody
// writes to, would otherwise hold the command up for ever.
func (a *app) stdin() io.Reader { return &untilInterrupted{in: a.in, over: a.over} }

// untilInterrupted reads until over is closed. A read that nobody waits for any more may take
// bytes with it, so there is no reading on behind it.
type untilInterrupted struct {
	in   io.Reader
	over <-chan struct{}
}

func (u *untilInterrupted) Read(p []byte) (int, error) {
	type part struct {
		bytes []byte
		err   error
	}
	came := make(chan part, 1)
	into := make([]byte, len(p)) // not p, which is the caller's again if the read is given up
	go func() {
		n, err := u.in.Read(into)
		came <- part{into[:n], err}
	}()
	select {
	case read := <-came:
		return copy(p, read.bytes), read.err
	case <-u.over:
		return 0, context.Canceled
	}
}
