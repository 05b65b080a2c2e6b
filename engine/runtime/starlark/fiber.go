package starlark

import (
	"errors"
	"iter"
	"slices"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// fiber is a part of a run's code that waits by itself: the entry function, or a handler at work on
// one message. Fibers never run at the same time. One runs until it waits, then the host says which
// goes on: so their order follows from the history.
type fiber struct {
	m    *meter // its own thread, the run's account
	next func() (struct{}, bool)
	stop func()

	yield func(struct{}) bool
	kept  starlark.Value // what the builtin holds in which it is parked
	ids   []uint64       // what it waits for; nil = it goes on when the turn has room, or when all handlers have ended
	cond  *condition     // that ids is about; nil = none
	idle  bool           // it goes on when all handlers have ended
	entry bool           // it is the entry function's
	err   error          // what it ended with
}

// maxHandling bounds the handlers at work at the same time. Further messages wait until one ends: a
// flood of them must not fail the run.
const maxHandling = 1000

// newFiber makes a fiber that calls do. It runs when it is switched to.
func (e *execution) newFiber(name string, do func(*fiber) error) *fiber {
	f := &fiber{m: e.newMeter(name)}
	f.next, f.stop = iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if v := recover(); v != nil {
				e.crash = crashOf(v)
			}
		}()
		f.yield = yield
		f.err = do(f)
	})
	e.fibers = append(e.fibers, f)
	return f
}

// switchTo runs a fiber until it waits or ends. An error is the cause of an interruption.
func (e *execution) switchTo(f *fiber) error {
	f.m.resume(e.spent)
	if err := e.setCurrent(f.m); err != nil {
		return err
	}
	e.running = f
	_, parked := f.next()
	e.running, e.spent = nil, f.m.thread.Steps
	if cause := e.leave(); cause != nil {
		return cause
	}
	if e.crash != nil {
		return e.crash
	}
	if !parked {
		e.fibers = slices.DeleteFunc(e.fibers, func(other *fiber) bool { return other == f })
		if f.err != nil {
			e.fail(f.m, f.err)
		} else if len(e.fibers) > 0 {
			f.m.remeasure() // what a handler that never waited has built is gone
		}
	}
	return nil
}

// turn runs fibers until all of them wait, the turn is full, or the code has ended.
func (e *execution) turn() error {
	next := e.full // its call of the host is still to be made
	if next == nil && !e.begun {
		e.begun = true
		next = e.newFiber(e.entry.Type, func(f *fiber) (err error) {
			e.result, err = e.main(f)
			return err
		})
		next.entry = true
	}
	e.full = nil
	for {
		if next != nil {
			if err := e.switchTo(next); err != nil {
				return err
			}
		}
		if e.end != nil || e.full != nil {
			return nil
		}
		var err error
		next, err = e.goesOn()
		switch {
		case err == runtime.ErrLater:
			return nil
		case err != nil && (e.crash != nil || e.interrupted() != nil):
			return err
		case err != nil: // the host ends the code
			e.fail(e.newMeter("end"), err)
			return nil
		case next == nil && len(e.fibers) == 0:
			e.end = &runtime.End{Result: e.result}
			return nil
		case next == nil:
			return nil
		}
	}
}

// newMeter makes a meter for another thread of the code.
func (e *execution) newMeter(name string) *meter {
	m := newMeter(name, e, e.limits)
	m.account = e.account
	return m
}

// fail ends the code with an error of a thread.
func (e *execution) fail(m *meter, err error) {
	e.end = new(runtime.End)
	e.end.Error, e.end.Cause = m.explain(err)
}

// goesOn returns the fiber that goes on, nil if there is none. ErrLater means that there is one,
// and that the turn is full.
func (e *execution) goesOn() (*fiber, error) {
	if err := e.checkConditions(); err != nil {
		return nil, err
	}
	next, err := e.host.Next(len(e.fibers) <= maxHandling)
	switch {
	case err != nil:
		return nil, err
	case next.Message != nil:
		return e.newFiber(next.Message.Name, func(f *fiber) error { return e.handle(f, next.Message) }), nil
	case next.Wait != nil:
		for _, f := range e.fibers {
			if len(f.ids) > 0 && &f.ids[0] == &next.Wait[0] {
				return f, nil
			}
		}
	case len(e.fibers) == 1 && e.fibers[0].idle:
		return e.fibers[0], nil
	}
	return nil, nil
}

// park waits until the fiber is switched to. kept is what the waiting builtin holds.
func (f *fiber) park(kept starlark.Value) error {
	f.kept = kept
	f.m.remeasure()
	if !f.yield(struct{}{}) {
		return errClosed
	}
	f.kept = nil
	return f.m.steps(1)
}

// ask calls the host. As long as the turn is full, it repeats the call in the next turn.
func (e *execution) ask(call func() error) error {
	for {
		err := call()
		if err != runtime.ErrLater {
			return err
		}
		e.full = e.running
		if err := e.running.park(starlark.None); err != nil {
			return err
		}
	}
}

// await waits until the wait is over, and returns the decisive position in ids.
func (e *execution) await(mode runtime.Mode, ids []uint64, kept starlark.Value) (int, error) {
	for {
		a, err := e.host.Await(mode, ids)
		if err != runtime.ErrLater && (err != nil || a.Done) {
			return a.At, err
		}
		f := e.running
		if f.ids = ids; err == runtime.ErrLater {
			e.full = f
		}
		if err := f.park(kept); err != nil {
			return 0, err
		}
		f.ids = nil
	}
}

// settle waits until all handlers have ended and no message is left, so that a run that goes on as
// a new one leaves nothing behind that it had begun. kept is what it goes on with.
func (e *execution) settle(kept starlark.Value) error {
	if len(e.signals)+len(e.updates) == 0 {
		return nil
	}
	f := e.running
	if !f.entry {
		return errors.New("a handler cannot continue the run as a new one: let the entry function do so, for the handlers have to end first")
	}
	e.host.Settle()
	f.idle = true
	defer func() { f.idle = false }()
	if kept == nil {
		kept = starlark.None
	}
	return f.park(kept)
}

// handle lets a handler deal with a message, whose payload it need not take.
func (e *execution) handle(f *fiber, in *runtime.Message) error {
	handler := e.signals[in.Name]
	if in.Kind == runtime.Update {
		handler = e.updates[in.Name]
	}
	if fn, ok := handler.(*starlark.Function); ok && fn.NumParams() == 0 {
		in.Payload = nil
	}
	v, err := f.m.call(handler, in.Payload)
	if err == errClosed || f.m.passed != nil {
		return err
	}
	if in.Kind == runtime.Update {
		return e.answer(f, in, v, err)
	}
	if err == nil {
		return nil
	}
	if _, cause := f.m.explain(err); cause != nil && cause.Kind == history.KindCancelled && e.host.CancelRequested() {
		return nil // its wait was cancelled with the run: the handler has ended, and the run decides
	}
	return err
}

// answer tells the sender of an update what its handler returned or failed with.
func (e *execution) answer(f *fiber, in *runtime.Message, v starlark.Value, err error) error {
	var result history.Payload
	if err == nil {
		result, err = f.m.encode("result of the update", v)
	}
	var failed *history.RunError
	if err != nil {
		failed, _ = f.m.explain(err)
		if f.m.passed != nil {
			return err
		}
	}
	return e.host.Answer(in.UpdateID, result, failed)
}
