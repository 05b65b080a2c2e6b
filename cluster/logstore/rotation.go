package logstore

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// rotation records why the wal could not begin a new file. The wal (v0.4.1) reports that only to
// its logger. The next write fails with "segment is sealed", which is a consequence, and would be
// the last message of a node whose disk is full.
type rotation struct {
	hclog.Logger
	failed atomic.Pointer[error]
}

// Error implements hclog.Logger.
func (r *rotation) Error(msg string, args ...any) {
	if msg == "rotate error" {
		for _, a := range args {
			if err, ok := a.(error); ok {
				r.failed.CompareAndSwap(nil, &err)
			}
		}
	}
	r.Logger.Error(msg, args...)
}

// addCause puts the cause before err, which followed from it.
func (r *rotation) addCause(err error) error {
	if r == nil {
		return err
	}
	if cause := r.failed.Load(); cause != nil {
		return fmt.Errorf("the log cannot begin a new file: %w; therefore: %w", *cause, err)
	}
	return err
}
