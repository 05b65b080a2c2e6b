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

	handlers map[string]starlark.Callable // of queries
	signals  map[string]starlark.Callable // handlers of signals

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
	const stack = 8 << 10 // of a parked handler
	return e.account.used + stack*uint64(max(1, len(e.fibers))-1)
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
			e.crash = crashOf(v)
			err = e.crash
		}
		if cause := e.leave(); cause != nil {
			err = cause
		}
	}()
	v, err := m.call(handler, args)
	if err == nil {
		result, err = m.encode("answer", v)
	}
	if err != nil {
		failed, _ := m.explain(err)
		return nil, true, failed
	}
	return result, true, nil
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
	e.handlers, e.signals = nil, nil
}

// crashOf describes a panic that was recovered.
func crashOf(v any) *runtime.Crash { return &runtime.Crash{Value: v, Stack: debug.Stack()} }
