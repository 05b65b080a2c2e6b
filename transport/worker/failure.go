package worker

import (
	"errors"
	"fmt"
)

// Why the context of a handler ends, besides its deadline: context.Cause tells. A handler should
// return soon, with any error.
var (
	// ErrCancelled: the workflow does not wait for the outcome any more.
	ErrCancelled = errors.New("worker: the workflow has given this activity up")
	// ErrLeaseLost: the attempt has been given to another worker, or may have been: nobody could be
	// reached for as long as the lease.
	ErrLeaseLost = errors.New("worker: this attempt is no longer this worker's")
	// ErrStopped: the worker ends and its drain is over. What the handler leaves undone is offered
	// to other workers at once.
	ErrStopped = errors.New("worker: the worker stops")
)

// Failure is an error that says more than a message. Any other error is a Failure of kind "failed"
// that may be tried again.
type Failure struct {
	Kind         string // what workflows tell failures apart by (error.kind, non_retryable); empty = "failed"
	Message      string // for people; empty = Err's text
	Details      any    // anything that encodes as JSON; nil = none
	NonRetryable bool   // no further attempt would fare better, whatever the retry policy says
	Err          error  // the cause, for this side only; may be nil
}

// Error is the message.
func (f *Failure) Error() string {
	switch {
	case f.Message != "":
		return f.Message
	case f.Err != nil:
		return f.Err.Error()
	}
	return f.kind()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func (f *Failure) kind() string {
	if f.Kind == "" {
		return "failed"
	}
	return f.Kind
}

// Failf makes a Failure that no further attempt would mend.
func Failf(kind, format string, args ...any) *Failure {
	err := fmt.Errorf(format, args...)
	return &Failure{Kind: kind, Message: err.Error(), NonRetryable: true, Err: errors.Unwrap(err)}
}
