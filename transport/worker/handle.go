package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"aion.dev/aion/transport/wire"
)

// startHandler starts the handler of a task.
func (w *Worker) startHandler(ctx context.Context, t wire.Task, now time.Time) {
	h := &hold{task: t, lease: w.cfg.Lease}
	if lease, err := time.ParseDuration(t.Lease); err == nil && lease > 0 {
		h.lease = lease
	}
	// The handler goes on while the worker drains, so only the values of ctx matter here.
	ctx, free := context.WithoutCancel(ctx), context.CancelFunc(func() {})
	if t.Deadline != nil {
		ctx, free = context.WithDeadline(ctx, *t.Deadline)
	}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	w.held.add(h, now)
	w.count.taken.Add(1)
	go func() {
		defer free()
		w.handle(h)
	}()
}

// errExited is the outcome of a handler that neither returns nor panics.
var errExited = &Failure{Kind: "panic", Message: "the handler ended its goroutine (runtime.Goexit)"}

// handle runs the handler of a task, whatever it does, and queues its outcome.
func (w *Worker) handle(h *hold) {
	var out any
	err := error(errExited)
	defer func() {
		if v := recover(); v != nil {
			err = w.panicked(h, v)
		}
		cause := context.Cause(h.ctx)
		h.cancel(nil)
		o := outcomeOf(out, err, cause)
		o.hold, o.unwanted = h, errors.Is(cause, ErrCancelled)
		lost := w.held.returned(h)
		if lost && o.verb != complete {
			w.count.lost.Add(1)
			w.held.remove(h)
			return
		}
		w.deliver(o)
	}()
	t := NewTask(h.task)
	t.hold = h
	out, err = w.handlers[t.Activity](h.ctx, t)
}

// panicked converts a panic into a failure. The worker goes on: one bad input must not affect the
// other tasks.
func (w *Worker) panicked(h *hold, v any) error {
	stack := clip(string(debug.Stack()), 8<<10)
	w.count.panics.Add(1)
	w.log.Error("a handler panicked", append(h.names(), "panic", v, "stack", stack)...)
	return &Failure{Kind: "panic", Message: fmt.Sprint(v), Details: map[string]string{"stack": stack}}
}

// verb is what is reported about an attempt.
type verb int

const (
	complete verb = iota
	fail
	release
	later
	verbs
)

// outcome is the outcome of an attempt.
type outcome struct {
	hold     *hold
	verb     verb
	output   []byte // of complete
	failure  wire.TaskFailure
	plain    bool // the failure was refused once, and stripped
	unwanted bool // the workflow had given the activity up
}

// outcomeOf decides what to report, from what a handler returned and why its context had ended by
// then (nil = it had not). A value counts even if the context had ended: the cluster knows whether
// it is in time. An error after the attempt was lost or the worker stopped is not a failure of the
// activity.
func outcomeOf(out any, err, cause error) outcome {
	if err == nil {
		b, bad := encode(out)
		if bad == nil {
			return outcome{verb: complete, output: b}
		}
		err, cause = &Failure{Kind: "invalid_output", Message: "the output cannot be encoded: " + bad.Error(), NonRetryable: true}, nil
	}
	var f *Failure
	switch isFailure := errors.As(err, &f); {
	case errors.Is(err, ErrLater):
		return outcome{verb: later}
	case errors.Is(cause, ErrStopped), errors.Is(cause, ErrLeaseLost):
		return outcome{verb: release}
	case isFailure:
	case errors.Is(cause, ErrCancelled):
		f = &Failure{Kind: "cancelled", Message: err.Error(), NonRetryable: true}
	case errors.Is(cause, context.DeadlineExceeded):
		f = &Failure{Kind: "timeout", Message: err.Error()}
	default:
		f = &Failure{Message: err.Error()}
	}
	o := outcome{verb: fail, failure: wire.TaskFailure{Kind: clip(f.kind(), maxKind), Message: clip(f.Error(), maxMessage), Retryable: !f.NonRetryable}}
	if f.Details != nil {
		details, bad := encode(f.Details)
		if bad != nil {
			details, _ = encode("the details cannot be encoded: " + bad.Error())
		}
		o.failure.Details = details
	}
	return o
}

// What a node accepts of a failure.
const (
	maxKind    = 200     // bytes
	maxMessage = 8 << 10 // bytes
)

// clip truncates a text to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// names returns log attributes that identify the task.
func (h *hold) names() []any {
	return []any{"activity", h.task.Activity, "workflow_id", h.task.WorkflowID, "run_id", h.task.RunID, "activity_id", h.task.ActivityID, "attempt", h.task.Attempt}
}
