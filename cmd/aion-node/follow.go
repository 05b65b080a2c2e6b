package main

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
)

// exitUnread is the exit status of a command that follows when nobody reads what it prints any
// more: what a shell makes of SIGPIPE.
const exitUnread = 141

var errUnread = errors.New("nobody reads the output any more")

// following runs what prints as things happen, until it is over or nobody reads on: in
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

// fileOf is the file that w writes to, if it is one.
func fileOf(w io.Writer) (*os.File, bool) {
	if o, wrapped := w.(*output); wrapped {
		w = o.Writer
	}
	f, ok := w.(*os.File)
	return f, ok
}
