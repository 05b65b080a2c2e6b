package starlark

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// Scripts is code in the language of workflows that is no workflow, such as its tests. It sees the
// same built-ins and may load the modules of a package, but what it can do beyond computation is
// what its host hands to the functions that it calls. Its limits are the same account under other
// numbers.
type Scripts struct{ l *loader }

// NewScripts takes the modules that scripts may load, and the scripts themselves. Nothing is
// compiled yet.
func NewScripts(ctx context.Context, modules []catalog.Module, limits runtime.Limits) (*Scripts, error) {
	l, err := newLoader(ctx, make(map[site]bool), modules, limits.OrDefault())
	if err != nil {
		return nil, err
	}
	return &Scripts{l}, nil
}

// Globals compiles and runs a module, with those that it loads, and returns its globals, frozen.
// What is wrong with it is a *runtime.PackageError.
func (s *Scripts) Globals(module string) (starlark.StringDict, error) {
	globals, err := s.l.load(module)
	if err != nil {
		return nil, s.l.explain(module, err)
	}
	return globals, nil
}

// Thread runs functions of scripts, one at a time.
type Thread struct{ m *meter }

// NewThread makes a thread. say gets what its code prints; nil drops it. The limits bind all that
// it ever computes and builds together.
func NewThread(name string, limits runtime.Limits, say func(string)) *Thread {
	m := newMeter(name, nil, limits.OrDefault())
	m.say = say
	m.begin(true)
	return &Thread{m}
}

// Call calls a function. An error is a *ScriptError, whose Cause is what Interrupt was given if
// that ended it.
func (t *Thread) Call(fn starlark.Callable, args ...starlark.Value) (starlark.Value, error) {
	v, err := starlark.Call(t.m.thread, fn, args, nil)
	if err == nil {
		return v, nil
	}
	return nil, t.m.scriptError(err)
}

// Interrupt makes a running Call end with cause soon. It may be called from any goroutine and does
// not wait; it does not wake what the host does in a call.
func (t *Thread) Interrupt(cause error) { t.m.interrupt(cause) }

// ScriptError is what the code of a script ended with.
type ScriptError struct {
	Message string
	At      string   // "x_test.star:12:9"; "" when no line is to blame
	Stack   []string // outermost call first, At last
	Cause   error    // the host's own error, if it was one
}

func (e *ScriptError) Error() string {
	if e.At == "" {
		return e.Message
	}
	return e.At + ": " + e.Message
}

func (e *ScriptError) Unwrap() error { return e.Cause }

func (m *meter) scriptError(err error) error {
	if inner := (*ScriptError)(nil); errors.As(err, &inner) { // of a thread that this one waited for
		return inner
	}
	e := &ScriptError{Message: err.Error()}
	e.At, e.Stack = trace(err)
	var eval *starlark.EvalError
	if errors.As(err, &eval) {
		e.Message, e.Cause = eval.Msg, eval.Unwrap()
	}
	switch cause := m.stopped.Load(); {
	case m.passed != nil:
		e.Message = m.passed.Message
	case cause != nil:
		e.Message, e.Cause = (*cause).Error(), *cause
	}
	return e
}

// Encode writes v as the JSON that workflow code would make of it; what names it in errors.
func Encode(t *starlark.Thread, what string, v starlark.Value) (history.Payload, error) {
	return meterOf(t).encode(what, v)
}

// Decode makes of JSON what workflow code gets of it.
func Decode(t *starlark.Thread, what string, p history.Payload) (starlark.Value, error) {
	return meterOf(t).decode(what, p)
}

// Repr writes v as repr does, cut when it is long.
func Repr(t *starlark.Thread, v starlark.Value) string { return meterOf(t).brief(v) }

// Failure is struct(kind, message, details, retryable): how workflow code sees an error.
func Failure(t *starlark.Thread, e *history.RunError) (starlark.Value, error) {
	return errorValue(meterOf(t), e)
}

// Span reads a duration as ctx.sleep does: a Go duration string or a time.duration.
func Span(v starlark.Value) (history.Duration, error) {
	var d duration
	if err := d.Unpack(v); err != nil {
		return 0, err
	}
	if !d.set {
		return 0, fmt.Errorf("got %s, want a duration such as \"1m30s\"", v.Type())
	}
	return d.d, nil
}
