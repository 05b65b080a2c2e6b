package blobs

import (
	"context"
	"fmt"
	"io"
	"time"
)

// movingReader reports every read.
type movingReader struct {
	io.Reader
	moved func()
}

func (r *movingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.moved()
	return n, err
}

// liveness ends a transfer's context when no byte has moved for a while.
type liveness struct {
	ctx   context.Context
	timer *time.Timer
	after time.Duration
	stop  func()
}

func stallGuard(parent context.Context, after time.Duration) (context.Context, *liveness) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(after, func() { cancel(fmt.Errorf("nothing moved for %v", after)) })
	return ctx, &liveness{ctx: ctx, timer: timer, after: after, stop: func() { timer.Stop(); cancel(nil) }}
}

func (l *liveness) progressed() {
	if l.ctx.Err() == nil {
		l.timer.Reset(l.after)
	}
}

// explain returns why the context ended, if that is the cause of err.
func (l *liveness) explain(err error) error {
	if cause := context.Cause(l.ctx); cause != nil {
		return cause
	}
	return err
}
