package wasm

import (
	"errors"
	"slices"
	"strings"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// maxHandling bounds the handlers at work at the same time. Further messages wait until one ends.
const maxHandling = 1000

// turn enters the guest until all of its code waits, the turn is full, or the code has ended. An
// error means that there is no outcome.
func (e *execution) turn() error {
	if !e.begun {
		e.begun = true
		e.codes = map[int64]*runtime.Message{0: nil}
		start := record(nil).text(1, e.entry.EntryFunction).text(2, e.entry.Type).payload(3, e.input)
		e.input = nil
		at := int32(0)
		if e.traced {
			at = 1
		}
		if err := e.enter(opStart, 0, at, start); err != nil || e.end != nil {
			return err
		}
	}
	if w := e.full; w != nil {
		e.full = nil
		if err := e.over(w); err != nil || e.end != nil || e.full != nil {
			return err
		}
	}
	for {
		more, err := e.goesOn()
		if err == runtime.ErrLater {
			return nil
		}
		if err != nil {
			if err = e.failed(err); err != nil {
				return err
			}
		}
		if e.end != nil || e.full != nil || !more {
			return nil
		}
	}
}

// goesOn lets go on what is next. more is false if nothing is.
func (e *execution) goesOn() (more bool, err error) {
	if err := e.inst.interrupted(); err != nil {
		return false, err
	}
	if err := e.check(); err != nil || e.end != nil {
		return false, err
	}
	next, err := e.host.Next(len(e.codes) <= maxHandling)
	if err != nil {
		return false, err
	}
	switch {
	case next.Message != nil:
		return true, e.message(next.Message)
	case next.Wait != nil:
		if w := e.waits.of(next.Wait); w != nil {
			return true, e.over(w)
		}
		return false, nil
	case len(e.codes) == 0:
		e.end = &runtime.End{Result: e.result}
		return false, nil
	}
	if w := e.waits.idles(); w != nil && len(e.codes) == 1 {
		e.waits.end(w)
		return true, e.enter(opResume, w.token, -1, nil)
	}
	if e.waits.open+e.signals.size()+e.updates.size() == 0 {
		return false, &history.RunError{Kind: history.KindStuck, Message: "the code waits for nothing that can come"}
	}
	return false, nil
}

// over enters the guest if a wait is over.
func (e *execution) over(w *wait) error {
	a, err := e.host.Await(w.mode, w.ids)
	switch {
	case err == runtime.ErrLater:
		e.full = w
		return nil
	case err != nil:
		return err
	case !a.Done:
		return nil
	}
	e.waits.end(w)
	e.waiting -= len(w.ids)
	if e.guest.script != nil && w.mode == runtime.One { // it would ask at once
		state, told := e.stateOf(w.ids[0])
		return e.enter(opOutcome, w.token, int32(state), told)
	}
	return e.enter(opResume, w.token, int32(a.At), nil)
}

// await begins a wait in the middle of the guest, and returns the position that decided it, or -2.
func (c *call) await(w *wait) int32 {
	const notOver = -2
	if w.mode == idle {
		if c.signals.size()+c.updates.size() == 0 {
			return -1
		}
		c.host.Settle()
		c.begins(w)
		return notOver
	}
	if c.waits.has(w.token) {
		c.stop(c.broke("two waits have token %d", w.token))
	}
	w.told = c.told
	var a runtime.Awaited
	c.ask(func() (err error) { a, err = c.host.Await(w.mode, w.ids); return err })
	if a.Done {
		return int32(a.At)
	}
	if c.waiting += len(w.ids); c.waiting > maxWaiting {
		c.stop(runtime.Exceeded("the code waits for more than %d futures", maxWaiting))
	}
	c.begins(w)
	return notOver
}

// begins adds a wait to those of the run.
func (c *call) begins(w *wait) {
	if c.waits.open == maxWaits {
		c.stop(runtime.Exceeded("the code waits in more than %d places", maxWaits))
	}
	c.waits.add(w)
}

// message lets new code handle a message.
func (e *execution) message(m *runtime.Message) error {
	e.newest++
	e.codes[e.newest] = m
	kind := int64(1)
	if m.Kind == runtime.Update {
		kind = 2
	}
	return e.enter(opMessage, e.newest, 0, record(nil).number(1, kind).text(2, m.Name).payload(3, m.Payload))
}

// check fulfils the conditions that hold.
func (e *execution) check() error {
	e.conditions = slices.DeleteFunc(e.conditions, func(id uint64) bool { return e.host.Future(id).Done })
	if len(e.conditions) == 0 {
		return nil
	}
	e.checking, e.held = true, nil
	var err error
	e.host.Check(func() { err = e.enter(opCheck, 0, 0, nil) })
	e.checking = false
	if err != nil || e.end != nil {
		return err
	}
	for _, id := range e.held {
		if slices.Contains(e.conditions, id) {
			if err := e.host.Fulfil(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter enters the guest. What its code fails with becomes the end of the run.
func (e *execution) enter(op op, token int64, at int32, offer record) error {
	e.offer = offer
	err := e.inst.do(op, token, at, len(offer))
	e.offer = nil
	if err == nil {
		return nil
	}
	end := e.end
	if err = e.failed(err); err == nil && end != nil { // the first end counts
		e.end = end
	}
	return err
}

// failed makes an error the end of the run. What it returns means that there is no outcome.
func (e *execution) failed(err error) error {
	if e.halted != nil {
		err = e.halted
	}
	if cause := e.inst.interrupted(); cause != nil {
		return cause
	}
	var crash *runtime.Crash
	if err == errClosed || errors.As(err, &crash) {
		return err
	}
	failed, cause, crashed := e.explain(err)
	if crashed != nil {
		return crashed
	}
	e.end = &runtime.End{Error: failed, Cause: cause}
	return nil
}

// explain says what code failed with: itself, or by what the host told it.
func (e *execution) explain(err error) (failed, cause *history.RunError, crash error) {
	if errors.As(err, &cause) {
		return cause, cause, nil
	}
	if strings.HasPrefix(strings.TrimPrefix(err.Error(), "wasm error: "), "stack overflow") { // of the interpreter, which has fewer
		cause = tooDeep()
		return cause, cause, nil
	}
	if reason, ok := trap(err); ok {
		if e.guest.script != nil && e.inst.overflowed() {
			cause = tooDeep()
			return cause, cause, nil
		}
		return &history.RunError{Kind: history.KindFailed, Message: "the code trapped: " + reason + e.lastWords()}, nil, nil
	}
	if e.halted == nil { // a panic of the room itself
		return nil, nil, &runtime.Crash{Value: err}
	}
	return &history.RunError{Kind: history.KindFailed, Message: err.Error()}, nil, nil
}

// blame says why a guest cannot be prepared.
func (e *execution) blame(err error) error {
	if cause := e.inst.interrupted(); cause != nil {
		return cause
	}
	if e.halted != nil {
		err = e.halted
	}
	failed, _, crash := e.explain(err)
	if crash != nil {
		return crash
	}
	return errors.New(failed.Message + innermost(failed.Details))
}

func tooDeep() *history.RunError { return runtime.Exceeded("the calls of the code are too deep") }

// traps are what the compiler calls a trap, and what users read. Its own words may change.
var traps = []struct{ theirs, ours string }{
	{"unreachable", "unreachable"},
	{"out of bounds memory access", "an access outside of the memory"},
	{"invalid table access", "a call of a function that does not exist"},
	{"indirect call type mismatch", "a call of a function of another type"},
	{"integer divide by zero", "a division by zero"},
	{"integer overflow", "an overflow"},
	{"invalid conversion to integer", "a number that is no integer"},
}

// trap says which trap an error of the compiler is.
func trap(err error) (reason string, ok bool) {
	text, ok := strings.CutPrefix(err.Error(), "wasm error: ")
	if !ok {
		return "", false
	}
	for _, t := range traps {
		if strings.HasPrefix(text, t.theirs) {
			return t.ours, true
		}
	}
	return "a trap", true
}
