package starlark

import (
	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

// condition is what a fiber waits for in until. Only the code's own state decides it, so it is
// asked whenever a fiber has run, and once in each turn.
type condition struct {
	fn  starlark.Callable
	id  uint64 // of the future that is resolved when it holds
	err error  // what fn failed with
}

// until waits until fn() is true: True, or False if the time ran out.
func (a *arguments) until() (starlark.Value, error) {
	var fn starlark.Callable
	var timeout duration
	onCancel := "abandon"
	if err := a.unpack("condition", &fn, "timeout?", &timeout, "on_cancel?", &onCancel); err != nil {
		return nil, err
	}
	if a.m.reads {
		return nil, runtime.ErrReadOnly
	}
	if holds, err := a.holds(fn); holds || err != nil {
		return starlark.True, err
	}
	limit := &timeout.d
	if !timeout.set {
		limit = nil
	}
	id, err := a.wait(onCancel, func() (uint64, error) { return a.host.StartCondition(limit) })
	if err != nil {
		return nil, err
	}
	f, c := a.running, &condition{fn: fn, id: id}
	f.cond = c
	_, err = a.await(runtime.One, []uint64{id}, fn)
	f.cond = nil
	if err == nil {
		err = c.err
	}
	if err != nil {
		return nil, err
	}
	o := a.host.Future(id)
	if o.Failed() {
		return nil, o.Error
	}
	return starlark.Bool(!o.Late), nil
}

// checkConditions resolves the conditions that hold. ErrLater means that the turn is full.
func (e *execution) checkConditions() error {
	for _, f := range e.fibers {
		c := f.cond
		if c == nil || e.host.Future(c.id).Done {
			continue
		}
		holds, err := e.holds(c.fn)
		if cause := e.interrupted(); cause != nil {
			return cause
		}
		if e.crash != nil {
			return e.crash
		}
		if c.err = err; !holds && err == nil {
			continue
		}
		if err := e.host.Fulfil(c.id); err != nil {
			return err
		}
	}
	return nil
}

// holds asks a condition, on a thread that only reads, at the turn's cost.
func (e *execution) holds(fn starlark.Callable) (holds bool, err error) {
	m := e.newMeter("condition")
	m.reads, m.root = true, fn
	asker := e.running
	if asker != nil {
		e.spent = asker.m.thread.Steps
	}
	m.resume(e.spent)
	if err := e.setCurrent(m); err != nil {
		return false, err
	}
	defer func() {
		if v := recover(); v != nil {
			e.crash = crashOf(v)
		}
		e.spent = m.thread.Steps
		if e.leave(); asker != nil {
			asker.m.resume(e.spent)
			if cause := e.setCurrent(asker.m); cause != nil {
				err = cause
			}
		}
	}()
	var v starlark.Value
	e.host.Check(func() { v, err = starlark.Call(m.thread, fn, nil, nil) })
	if err != nil {
		return false, err
	}
	return bool(v.Truth()), nil
}
