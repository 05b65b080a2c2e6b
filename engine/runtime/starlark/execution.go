package starlark

import (
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// execution runs one run's code as coroutines: Resume switches to one after the other, and a wait
// switches back. It holds goroutines only while they are parked or running.
type execution struct {
	program *program
	entry   catalog.Member
	input   history.Payload
	host    runtime.Host
	limits  runtime.Limits
	account *account

	fibers  []*fiber // those that have not ended, the entry function's first
	begun   bool     // there was a first Resume
	running *fiber
	full    *fiber // the one whose call the turn had no room for
	spent   uint64 // steps of the turn, without those of the running fiber
	result  history.Payload
	end     *runtime.End
	crash   *runtime.Crash

	handlers   map[string]starlark.Callable // of queries
	signals    map[string]starlark.Callable // handlers of signals
	updates    map[string]starlark.Callable // handlers of updates
	validators map[string]starlark.Callable // of updates

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
	e.account.open(bound)
	e.spent = 0
	if err := e.turn(); err != nil {
		return nil, err
	}
	return e.end, nil
}

// main calls the entry function.
func (e *execution) main(f *fiber) (history.Payload, error) {
	input, err := f.m.decode("input", e.input)
	if err != nil {
		return nil, err
	}
	e.input = nil
	entry := e.program.entries[e.entry.Type]
	v, err := starlark.Call(f.m.thread, entry, starlark.Tuple{&workflow{e}, input}, nil)
	if err != nil {
		return nil, err
	}
	result, err := f.m.encode("result", v)
	if limit := (*history.RunError)(nil); err != nil && !errors.As(err, &limit) {
		err = e.program.returns.blame(entry, err)
	}
	return result, err
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

// interrupted returns what Interrupt was called with.
func (e *execution) interrupted() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cause
}

func (e *execution) leave() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.current = nil
	return e.cause
}

// Memory implements runtime.Execution.
func (e *execution) Memory() uint64 {
	const stack = 8 << 10 // of parked code
	return e.account.used + stack*uint64(max(1, len(e.fibers)))
}

// Spent implements runtime.Execution.
func (e *execution) Spent() (steps, bytes uint64) {
	if steps = e.spent; e.running != nil {
		steps = e.running.m.thread.Steps
	}
	return steps, e.account.used - min(e.account.held, e.account.used)
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

// Query implements runtime.Execution.
func (e *execution) Query(name string, args history.Payload) (result history.Payload, found bool, err error) {
	if e.crash != nil {
		return nil, false, errNotUsable
	}
	handler, found := e.handlers[name]
	if !found {
		return nil, false, nil
	}
	err = e.look("query", handler, args, func(m *meter, v starlark.Value) (err error) {
		result, err = m.encode("answer", v)
		return err
	})
	return result, true, err
}

// Validate implements runtime.Execution.
func (e *execution) Validate(name string, args history.Payload) (found, asked bool, err error) {
	if e.crash != nil {
		return false, false, errNotUsable
	}
	_, found = e.updates[name]
	validator := e.validators[name]
	if !found || validator == nil {
		return found, false, nil
	}
	return true, true, e.look("validator", validator, args, func(*meter, starlark.Value) error { return nil })
}

// look calls a handler that only reads, and hands on what it returns. It runs on a thread and an
// account of its own, while the code is parked or has ended.
func (e *execution) look(what string, handler starlark.Callable, args history.Payload, then func(*meter, starlark.Value) error) (err error) {
	m := newMeter(what, e, e.limits)
	m.reads, m.root = true, handler
	m.begin(true)
	if err := e.setCurrent(m); err != nil {
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			e.crash = crashOf(v)
			err = e.crash
		}
		if cause := e.leave(); cause != nil {
			err = cause
		}
	}()
	v, err := m.call(handler, args)
	if err == nil {
		err = then(m, v)
	}
	if err != nil {
		failed, _ := m.explain(err)
		return failed
	}
	return nil
}

// call calls a handler, with the arguments if it accepts any.
func (m *meter) call(handler starlark.Callable, args history.Payload) (starlark.Value, error) {
	var list starlark.Tuple
	if fn, ok := handler.(*starlark.Function); len(args) > 0 || ok && fn.NumParams() > 0 && fn.ParamDefault(0) == nil && !fn.HasVarargs() {
		v, err := m.decode("args", args)
		if err != nil {
			return nil, err
		}
		list = starlark.Tuple{v}
	}
	return starlark.Call(m.thread, handler, list, nil)
}

// Queries implements runtime.Execution.
func (e *execution) Queries() []string { return slices.Sorted(maps.Keys(e.handlers)) }

// Updates implements runtime.Execution.
func (e *execution) Updates() []string { return slices.Sorted(maps.Keys(e.updates)) }

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
	for _, f := range e.fibers {
		f.stop()
	}
	e.fibers = nil
	if e.crash == nil {
		e.crash = &runtime.Crash{Value: errClosed}
	}
	e.handlers, e.signals, e.updates, e.validators = nil, nil, nil, nil
}

// crashOf describes a panic that was recovered.
func crashOf(v any) *runtime.Crash { return &runtime.Crash{Value: v, Stack: debug.Stack()} }
