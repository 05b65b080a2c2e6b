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

// Scripts is code in the workflow language that is not a workflow, such as a project's tests. It
// sees the same built-ins and may load the modules of a package. Beyond computation, it can only do
// what its host passes to the functions that it calls. Its limits are the same account with other
// values.
type Scripts struct{ l *loader }

// NewScripts takes the abi of the scripts, the modules that they may load, and the scripts
// themselves. Nothing is compiled yet.
func NewScripts(ctx context.Context, abi int, modules []catalog.Module, limits runtime.Limits) (*Scripts, error) {
	l, err := newLoader(ctx, abi, make(map[site]bool), modules, limits.OrDefault())
	if err != nil {
		return nil, err
	}
	return &Scripts{l}, nil
}

// Globals compiles and runs a module and the modules that it loads, and returns its globals,
// frozen. Errors of the module are *runtime.PackageError.
func (s *Scripts) Globals(module string) (starlark.StringDict, error) {
	globals, err := s.l.load(module)
	if err != nil {
		return nil, s.l.explain(module, err)
	}
	return globals, nil
}

// Thread runs functions of scripts, one at a time.
type Thread struct{ m *meter }

// NewThread makes a thread for scripts of an abi. say receives what its code prints; nil drops it.
// The limits bind everything that the thread ever computes and builds.
func NewThread(name string, abi int, limits runtime.Limits, say func(string)) *Thread {
	m := newMeter(name, nil, limits.OrDefault())
	m.abi, m.onPrint = abi, say
	m.begin(true)
	return &Thread{m}
}

// Call calls a function. An error is a *ScriptError. If Interrupt ended the call, its Cause is
// Interrupt's argument.
func (t *Thread) Call(fn starlark.Callable, args ...starlark.Value) (starlark.Value, error) {
	v, err := starlark.Call(t.m.thread, fn, args, nil)
	if err == nil {
		return v, nil
	}
	return nil, t.m.scriptError(err)
}

// Interrupt makes a running Call end with cause soon. It may be called from any goroutine and does
// not wait. It does not wake a host function that the call is in.
func (t *Thread) Interrupt(cause error) { t.m.interrupt(cause) }

// ScriptError is the error that ended a script.
type ScriptError struct {
	Message string
	At      string   // "x_test.star:12:9"; "" if no line is at fault
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
	if inner := (*ScriptError)(nil); errors.As(err, &inner) { // of another thread, which this one waited for
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

// Encode encodes v as workflow code would; what names it in errors.
func Encode(t *starlark.Thread, what string, v starlark.Value) (history.Payload, error) {
	return meterOf(t).encode(what, v)
}

// Decode decodes JSON into the value that workflow code gets.
func Decode(t *starlark.Thread, what string, p history.Payload) (starlark.Value, error) {
	return meterOf(t).decode(what, p)
}

// Repr formats v as repr does, truncated if it is long.
func Repr(t *starlark.Thread, v starlark.Value) string { return meterOf(t).brief(v) }

// Failure returns struct(kind, message, details, retryable), which is how workflow code sees an
// error.
func Failure(t *starlark.Thread, e *history.RunError) (starlark.Value, error) {
	return errorValue(meterOf(t), e)
}

// Span parses a duration as ctx.sleep does: a Go duration string or a time.duration.
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
