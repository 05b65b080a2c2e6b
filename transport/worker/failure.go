package worker

import (
	"errors"
	"fmt"
)

// Why the context of a handler ends, besides its deadline: context.Cause returns one of these. A
// handler should then return soon, with any error.
var (
	// ErrCancelled means that the activity is to end: its workflow has cancelled it, or has closed.
	// The outcome counts as long as the workflow waits for it: a handler that has had its effect
	// returns its result, one that stops returns an error.
	ErrCancelled = errors.New("worker: the activity is to end: its workflow has cancelled it, or has closed")
	// ErrLeaseLost means that the attempt was, or may have been, given to another worker: no node
	// was reachable for as long as the lease.
	ErrLeaseLost = errors.New("worker: this attempt is no longer this worker's")
	// ErrStopped means that the worker ends and its drain is over. Unfinished attempts are offered
	// to other workers at once.
	ErrStopped = errors.New("worker: the worker stops")
)

// ErrLater is returned by a handler whose activity ends later, from elsewhere: by its token
// (Task.Token), or by its run id and activity id (client.CompleteActivity, FailActivity). The
// worker lets go of the attempt. Time limits hold on, and so does a heartbeat that the workflow
// asked for.
var ErrLater = errors.New("worker: the outcome comes later")

// Failure is an error with more than a message. Any other error is a Failure of kind "failed" that
// may be retried.
type Failure struct {
	Kind         string // how workflows distinguish failures (error.kind, non_retryable); empty = "failed"
	Message      string // for people; empty = Err's text
	Details      any    // any value that encodes as JSON; nil = none
	NonRetryable bool   // a retry would not help, whatever the retry policy says
	Err          error  // the cause, only for this process; may be nil
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

// Failf makes a Failure that a retry would not fix.
func Failf(kind, format string, args ...any) *Failure {
	err := fmt.Errorf(format, args...)
	return &Failure{Kind: kind, Message: err.Error(), NonRetryable: true, Err: errors.Unwrap(err)}
}
