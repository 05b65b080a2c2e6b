package main

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
)

// exitUnread is the exit status of a following command whose output nobody reads any more: what a
// shell reports for SIGPIPE.
const exitUnread = 141

var errUnread = errors.New("nobody reads the output any more")

// following runs a command that prints things as they happen, until it ends or nobody reads on: in
// `aion-node events | head -1` the next event, at which a write would fail, may be days away.
func (a *app) following(ctx context.Context, follow func(context.Context) error) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if f, ok := fileOf(a.out); ok {
		defer untilUnread(f, func() { end(errUnread) })()
	}
	err := follow(ctx)
	if context.Cause(ctx) == errUnread || errors.Is(err, syscall.EPIPE) {
		return &reported{exitUnread}
	}
	return err
}

// fileOf returns the file that w writes to, if any.
func fileOf(w io.Writer) (*os.File, bool) {
	for {
		switch o := w.(type) {
		case *output:
			w = o.Writer
		case *untilBroken:
			w = o.Writer
		default:
			f, ok := w.(*os.File)
			return f, ok
		}
	}
}
