package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Kinds of errors that Aion itself gives. Workers and code define any others.
const (
	KindFailed             = "failed" // of errors that say no kind
	KindCancelled          = "cancelled"
	KindTimeout            = "timeout" // a wait or an attempt took too long
	KindTimedOut           = "timed_out"
	KindLeaseLost          = "lease_lost"
	KindLimitExceeded      = "limit_exceeded"
	KindTerminated         = "terminated"
	KindUndeclaredActivity = "undeclared_activity"
)

// Errors to compare with by errors.Is, which looks at the kind.
var (
	ErrCancelled = &Error{Kind: KindCancelled, Message: "cancelled"}
	ErrTimeout   = &Error{Kind: KindTimeout, Message: "the time ran out"}
	ErrLeaseLost = &Error{Kind: KindLeaseLost, Message: "the worker fell silent"}
)

// Error is what activities, children and waits fail with, and what a run fails with. Code that
// returns another error fails with kind failed and its text.
type Error struct {
	Kind      string
	Message   string
	Details   json.RawMessage // a JSON value; empty = none
	Retryable bool

	of      uint64    // ordinal of the future that failed with it; 0 = code made it
	callers []uintptr // of Fail
}

// Error returns the message, after the kind unless that is failed.
func (e *Error) Error() string {
	switch {
	case e.Message == "":
		return e.Kind
	case e.Kind == "" || e.Kind == KindFailed:
		return e.Message
	}
	return e.Kind + ": " + e.Message
}

// Is reports whether target is an Error of the same kind, or the error of package context that
// means the same.
func (e *Error) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Kind == KindCancelled
	case context.DeadlineExceeded:
		return e.Kind == KindTimeout
	}
	other, ok := target.(*Error)
	return ok && other.Kind == e.Kind
}

// Fail makes an error of a kind of your own. It knows the line where it was made.
func Fail(kind, message string) *Error {
	return &Error{Kind: kind, Message: message, callers: callers()}
}

// Failf is Fail with a text formatted as by fmt.Sprintf.
func Failf(kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), callers: callers()}
}

// Kind returns the kind of an error: that of the Error in it, else failed; "" if err is nil.
func Kind(err error) string {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Kind
	}
	if err == nil {
		return ""
	}
	return KindFailed
}

// misuse is a mistake in how code calls this package. It is a panic, because no code can handle it.
type misuse string

func (m misuse) Error() string { return string(m) }

// errorOf reads the record of an error.
func errorOf(r record) *Error {
	e := new(Error)
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		switch f.number {
		case 1:
			e.Kind = string(f.value)
		case 2:
			e.Message = string(f.value)
		case 3:
			e.Details = append(json.RawMessage(nil), f.value...)
		case 4:
			e.Retryable = f.int() == 1
		}
	}
	return e
}

// errorRecord writes the record of an error that code ends with. stack is where it panicked, if it
// did.
func errorRecord(err error, stack []uintptr) record {
	e := new(Error)
	if !errors.As(err, &e) {
		e = &Error{Kind: KindFailed, Message: err.Error()}
		if by := guest.knownBy; by != nil && errors.Is(err, context.Canceled) { // ctx.Err(), say
			e.Kind, e.of = by.Kind, by.of
		}
	} else if err != error(e) { // its message tells more
		copied := *e
		copied.Message = err.Error()
		e = &copied
	}
	details := e.Details
	if stack == nil {
		stack = e.callers
	}
	if len(details) == 0 && len(stack) > 0 {
		details = stackDetails(stack)
	}
	kind := e.Kind
	if kind == "" {
		kind = KindFailed
	}
	r := record(nil).text(1, kind).text(2, e.Message)
	if len(details) > 0 {
		r = r.bytes(3, details)
	}
	if e.Retryable {
		r = r.number(4, 1)
	}
	if e.of > 0 {
		r = r.number(5, int64(e.of))
	}
	return r
}
