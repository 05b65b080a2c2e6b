package wasm

import (
	"cmp"
	"fmt"
	"strings"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// done takes what code ended with.
func (c *call) done() {
	token := int64(c.stack[0])
	m, open := c.codes[token]
	if !open {
		c.stop(c.broke("there is no code with token %d", token))
	}
	var failed, cause *history.RunError
	var result history.Payload
	if c.stack[1] != 0 {
		failed, cause = c.failureOf(2, 3)
	} else {
		result = c.payload("done", 2, 3)
	}
	delete(c.codes, token)
	switch {
	case m != nil && m.Kind == runtime.Update:
		c.ask(func() error { return c.host.Answer(m.UpdateID, result, failed) })
	case m != nil && failed != nil && cause != nil && cause.Kind == history.KindCancelled && c.host.CancelRequested():
		// its wait was cancelled with the run: the handler has ended, and the run decides
	case failed != nil:
		c.end = &runtime.End{Error: failed, Cause: cause}
	case m == nil:
		if c.result = result; len(result) == 0 {
			c.result = history.Payload("null")
		}
	}
}

// Bounds of what code may write about an error, in bytes. They follow from no setting: a replay
// has to find the same.
const (
	maxKind    = 200
	maxDetails = 2 << 20
)

// failure reads an error.
func (c *call) failure(ptr, size int) *history.RunError {
	failed, _ := c.failureOf(ptr, size)
	return failed
}

// failureOf reads an error, and finds the one of a future that code let through.
func (c *call) failureOf(ptr, size int) (failed, cause *history.RunError) {
	r := c.record(ptr, size)
	failed = &history.RunError{Kind: cmp.Or(clean([]byte(r.text(1))), history.KindFailed), Message: clean([]byte(r.text(2))), Details: r.payload(3)}
	failed.Kind = strings.ToValidUTF8(failed.Kind[:min(len(failed.Kind), maxKind)], "")
	if n := len(failed.Details); n > maxDetails {
		failed.Details = nil
		failed.Message += fmt.Sprintf(" (its details have %d bytes, the limit is %d)", n, maxDetails)
	}
	retryable, _ := r.number(4)
	failed.Retryable = retryable == 1
	from, passed := r.number(5)
	c.ended("the error", r)
	if !passed || c.host == nil {
		return failed, nil
	}
	f := c.host.Future(uint64(from))
	if f.Error == nil || f.Error.Kind != failed.Kind { // it is another error
		return failed, nil
	}
	if f.Error.Message == failed.Message && len(f.Error.Details) > 0 {
		failed.Details = f.Error.Details
	}
	failed.Retryable = f.Error.Retryable
	return failed, f.Error
}

// errorRecord says an error to a guest.
func errorRecord(e *history.RunError, future uint64) record {
	r := record(nil).text(1, e.Kind).text(2, e.Message).payload(3, e.Details)
	if e.Retryable {
		r = r.number(4, 1)
	}
	return r.number(5, int64(future))
}
