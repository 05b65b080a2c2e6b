package logstore

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// rotation hears why the wal could not begin a new file. The wal (v0.4.1) tells only its logger;
// the write after it fails with "segment is sealed", which is a consequence, and would be the last
// that a node says on a disk that is full.
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

// because puts the cause before err, which followed from it.
func (r *rotation) because(err error) error {
	if r == nil {
		return err
	}
	if cause := r.failed.Load(); cause != nil {
		return fmt.Errorf("the log cannot begin a new file: %w; so %w", *cause, err)
	}
	return err
}
