package starlark

import (
	"fmt"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// future stands for something that the run has started. The host knows its state; future caches the
// value made from its outcome.
type future struct {
	e       *execution
	id      uint64
	value   starlark.Value // cached result
	outcome *record
}

var _ starlark.HasAttrs = (*future)(nil)

func (f *future) String() string        { return fmt.Sprintf("<future %d>", f.id) }
func (f *future) Type() string          { return "future" }
func (f *future) Freeze()               {}
func (f *future) Truth() starlark.Bool  { return true }
func (f *future) Hash() (uint32, error) { return uint32(f.id), nil }
func (f *future) AttrNames() []string   { return []string{"cancel", "done", "outcome", "result"} }

func (f *future) Attr(name string) (starlark.Value, error) {
	switch name {
	case "done":
		return starlark.Bool(f.e.host.Future(f.id).Done), nil
	case "result", "outcome", "cancel":
		return futureMethods[name].BindReceiver(f), nil
	}
	return nil, nil
}

var futureMethods = map[string]*starlark.Builtin{
	"result": futureMethod("result", func(m *meter, f *future) (starlark.Value, error) {
		if err := f.wait(); err != nil {
			return nil, err
		}
		return f.resultValue(m)
	}),
	"outcome": futureMethod("outcome", func(m *meter, f *future) (starlark.Value, error) {
		if err := f.wait(); err != nil {
			return nil, err
		}
		return f.outcomeValue(m)
	}),
	"cancel": futureMethod("cancel", func(m *meter, f *future) (starlark.Value, error) {
		return starlark.None, f.e.host.Cancel(f.id)
	}),
}

func futureMethod(name string, do func(*meter, *future) (starlark.Value, error)) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 0); err != nil {
			return nil, err
		}
		return do(meterOf(t), b.Receiver().(*future))
	})
}

func (f *future) wait() error {
	_, err := f.e.await(runtime.One, []uint64{f.id}, f)
	return err
}

// resultValue returns the value of a future that is done, or its error.
func (f *future) resultValue(m *meter) (starlark.Value, error) {
	if f.value != nil {
		return f.value, nil
	}
	o := f.e.host.Future(f.id)
	if o.Failed() {
		return nil, o.Error
	}
	v, err := m.decode("result", o.Result)
	if err != nil {
		return nil, err
	}
	if !m.reads { // a query must not cache it: no account would count it, and the query could change it
		f.value = v
	}
	return v, nil
}

var (
	outcomeFields = []string{"error", "ok", "value"}
	errorFields   = []string{"details", "kind", "message", "retryable"}
)

// outcomeValue returns struct(ok, value, error) for a future that is done.
func (f *future) outcomeValue(m *meter) (starlark.Value, error) {
	if f.outcome != nil {
		return f.outcome, nil
	}
	if err := m.grow(4 * costOther); err != nil {
		return nil, err
	}
	o := f.e.host.Future(f.id)
	values := []starlark.Value{starlark.None, starlark.Bool(o.Error == nil), starlark.None}
	if o.Error != nil {
		e, err := errorValue(m, o.Error)
		if err != nil {
			return nil, err
		}
		values[0] = e
	} else {
		v, err := f.resultValue(m)
		if err != nil {
			return nil, err
		}
		values[2] = v
	}
	outcome := &record{names: outcomeFields, values: values}
	if !m.reads {
		f.outcome = outcome
	}
	return outcome, nil
}

// errorValue returns struct(kind, message, details, retryable).
func errorValue(m *meter, e *history.RunError) (starlark.Value, error) {
	details, err := m.decode("details", e.Details)
	if err != nil {
		return nil, err
	}
	if err := m.text(len(e.Kind) + len(e.Message)); err != nil {
		return nil, err
	}
	return &record{names: errorFields, values: []starlark.Value{details, starlark.String(e.Kind), starlark.String(e.Message), starlark.Bool(e.Retryable)}}, nil
}
