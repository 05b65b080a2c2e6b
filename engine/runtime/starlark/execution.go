package starlark

import (
	"errors"
	"iter"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// execution runs one run's code as a coroutine: Resume switches to it, and a wait switches back. It
// holds a goroutine only while it is parked or running.
type execution struct {
	program *program
	entry   catalog.Member
	input   history.Payload
	host    runtime.Host
	limits  runtime.Limits
	meter   *meter

	next  func() (struct{}, bool) // runs the coroutine until it yields; nil before the first Resume
	stop  func()
	yield func(struct{}) bool
	end   *runtime.End
	crash *runtime.Crash

	handlers map[string]starlark.Callable

	mu      sync.Mutex
	current *meter // meter of the running thread, which Interrupt stops
	cause   error  // set by Interrupt
}

var (
	errClosed    = errors.New("the execution is closed")
	errNotUsable = errors.New("the execution is not usable after an error")
)

// Resume implements runtime.Execution.
func (e *execution) Resume(bound bool) (*runtime.End, error) {
	if e.end != nil || e.crash != nil {
		return nil, errNotUsable
	}
	if e.next == nil {
		e.next, e.stop = iter.Pull(e.run)
	}
	e.meter.begin(bound)
	if err := e.setCurrent(e.meter); err != nil {
		return nil, err
	}
	_, parked := e.next()
	cause := e.leave()
	switch {
	case e.crash != nil:
		return nil, e.crash
	case cause != nil:
		return nil, cause
	case parked:
		return nil, nil
	case e.end == nil:
		return nil, errClosed
	}
	return e.end, nil
}

// run is the coroutine.
func (e *execution) run(yield func(struct{}) bool) {
	defer func() {
		if v := recover(); v != nil {
			e.crash = &runtime.Crash{Value: v, Stack: debug.Stack()}
		}
	}()
	e.yield = yield
	result, err := e.main()
	e.end = &runtime.End{Result: result}
	if err != nil {
		e.end.Error, e.end.Cause = e.meter.explain(err)
	}
}

func (e *execution) main() (history.Payload, error) {
	input, err := e.meter.decode("input", e.input)
	if err != nil {
		return nil, err
	}
	e.input = nil
	entry := e.program.entries[e.entry.Type]
	v, err := starlark.Call(e.meter.thread, entry, starlark.Tuple{&workflow{e}, input}, nil)
	if err != nil {
		return nil, err
	}
	result, err := e.meter.encode("result", v)
	if limit := (*history.RunError)(nil); err != nil && !errors.As(err, &limit) {
		err = e.program.returns.blame(entry, err)
	}
	return result, err
}

// park waits for the next Resume. kept is what the waiting builtin holds.
func (e *execution) park(kept starlark.Value) error {
	e.meter.remeasure(kept)
	if !e.yield(struct{}{}) {
		return errClosed
	}
	return e.meter.steps(1)
}

// ask calls the host. As long as the turn is full, it repeats the call in the next turn.
func (e *execution) ask(call func() error) error {
	for {
		err := call()
		if err != runtime.ErrLater {
			return err
		}
		if err := e.park(starlark.None); err != nil {
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
		if err := e.park(kept); err != nil {
			return 0, err
		}
	}
}

// setCurrent makes m the meter that Interrupt stops.
func (e *execution) setCurrent(m *meter) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cause == nil {
		e.current = m
	}
	return e.cause
}

func (e *execution) leave() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = nil
	return e.cause
}

// Memory implements runtime.Execution.
func (e *execution) Memory() uint64 { return e.meter.used }

// Spent implements runtime.Execution.
func (e *execution) Spent() (steps, bytes uint64) {
	return e.meter.thread.Steps, e.meter.used - min(e.meter.held, e.meter.used)
}

// Interrupt implements runtime.Execution.
func (e *execution) Interrupt(cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cause == nil {
		e.cause = cause
	}
	if e.current != nil {
		e.current.interrupt(cause)
	}
}

// Query implements runtime.Execution. The handler runs on a thread of its own, while the coroutine
// is parked or has ended.
func (e *execution) Query(name string, args history.Payload) (result history.Payload, found bool, err error) {
	if e.crash != nil {
		return nil, false, errNotUsable
	}
	handler, found := e.handlers[name]
	if !found {
		return nil, false, nil
	}
	m := newMeter("query", e, e.limits)
	m.reads = true
	m.begin(true)
	if err := e.setCurrent(m); err != nil {
		return nil, true, err
	}
	defer func() {
		if v := recover(); v != nil {
			e.crash = &runtime.Crash{Value: v, Stack: debug.Stack()}
			err = e.crash
		}
		if cause := e.leave(); cause != nil {
			err = cause
		}
	}()
	result, err = m.handle(handler, args)
	if err != nil {
		failed, _ := m.explain(err)
		return nil, true, failed
	}
	return result, true, nil
}

// handle calls a query handler, with the arguments if it accepts any.
func (m *meter) handle(handler starlark.Callable, args history.Payload) (history.Payload, error) {
	var list starlark.Tuple
	if fn, ok := handler.(*starlark.Function); len(args) > 0 || ok && fn.NumParams() > 0 && fn.ParamDefault(0) == nil && !fn.HasVarargs() {
		v, err := m.decode("args", args)
		if err != nil {
			return nil, err
		}
		list = starlark.Tuple{v}
	}
	v, err := starlark.Call(m.thread, handler, list, nil)
	if err != nil {
		return nil, err
	}
	return m.encode("answer", v)
}

// Queries implements runtime.Execution.
func (e *execution) Queries() []string { return slices.Sorted(maps.Keys(e.handlers)) }

// Where implements runtime.Execution.
func (e *execution) Where() string {
	e.mu.Lock()
	m := e.current
	e.mu.Unlock()
	if m == nil {
		return ""
	}
	stack := m.thread.CallStack()
	for len(stack) > 0 {
		if fr := stack.Pop(); fr.Pos.Line > 0 {
			return fr.Pos.String()
		}
	}
	return ""
}

// Close implements runtime.Execution.
func (e *execution) Close() {
	if e.stop != nil {
		e.stop()
	}
	if e.crash == nil {
		e.crash = &runtime.Crash{Value: errClosed}
	}
	e.handlers = nil
}
