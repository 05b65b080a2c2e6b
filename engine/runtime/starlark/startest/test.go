package startest

import (
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm/history"
	startime "go.starlark.net/lib/time"
	star "go.starlark.net/starlark"
)

// tester is t.
type tester struct{ r *Running }

var _ star.HasAttrs = (*tester)(nil)

func (t *tester) String() string        { return "<test>" }
func (t *tester) Type() string          { return "test" }
func (t *tester) Freeze()               {}
func (t *tester) Truth() star.Bool      { return true }
func (t *tester) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: test") }
func (t *tester) AttrNames() []string   { return testNames }

func (t *tester) Attr(name string) (star.Value, error) {
	do := testMethods[name]
	if do == nil {
		return nil, nil
	}
	return star.NewBuiltin(name, func(thread *star.Thread, _ *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
		return do(t.r, &arguments{thread, name, args, kwargs})
	}), nil
}

var testNames = slices.Sorted(maps.Keys(testMethods))

var testMethods = map[string]func(*Running, *arguments) (star.Value, error){
	"activity": func(r *Running, a *arguments) (star.Value, error) {
		var name string
		var stub star.Value
		if err := a.unpack("name", &name, "fn", &stub); err != nil {
			return nil, err
		}
		if !slices.Contains(r.declared, name) {
			return nil, fmt.Errorf("activity %q is not among the activities that workflow.toml names: %q", name, r.declared)
		}
		r.stubs[name] = stub
		return star.None, nil
	},
	"failure": func(_ *Running, a *arguments) (star.Value, error) {
		var f failure
		var details star.Value
		if err := a.unpack("kind", &f.err.Kind, "message?", &f.err.Message, "retryable?", &f.err.Retryable, "details?", &details); err != nil {
			return nil, err
		}
		var err error
		f.err.Details, err = a.payload("details", details)
		return &f, err
	},
	"calls": func(r *Running, a *arguments) (star.Value, error) {
		var name string
		if err := a.unpack("activity", &name); err != nil {
			return nil, err
		}
		var inputs []star.Value
		for _, c := range r.calls[name] {
			v, err := starlark.Decode(a.thread, "input", c.input)
			if err != nil {
				return nil, err
			}
			inputs = append(inputs, v)
		}
		return star.NewList(inputs), nil
	},
	"start": start,
	"run": func(r *Running, a *arguments) (star.Value, error) {
		var id string
		if err := a.unpack("id", &id); err != nil {
			return nil, err
		}
		run, err := r.world.Find(id)
		return &runValue{run}, err
	},
	"skip": func(r *Running, a *arguments) (star.Value, error) {
		var by star.Value
		if err := a.unpack("duration", &by); err != nil {
			return nil, err
		}
		d, err := starlark.Span(by)
		if err != nil {
			return nil, fmt.Errorf("skip: %w", err)
		}
		if d < 0 {
			return nil, fmt.Errorf("skip: time does not run back by %s", -d)
		}
		return star.None, r.world.Skip(d)
	},
	"now": func(r *Running, a *arguments) (star.Value, error) {
		return startime.Time(r.world.Now().Std()), a.unpack()
	},
	"eq": func(_ *Running, a *arguments) (star.Value, error) {
		var got, want star.Value
		var msg string
		if err := a.unpack("a", &got, "b", &want, "msg?", &msg); err != nil {
			return nil, err
		}
		return star.None, equal(a.thread, got, want, msg)
	},
	"true": func(_ *Running, a *arguments) (star.Value, error) {
		var x star.Value
		var msg string
		if err := a.unpack("x", &x, "msg?", &msg); err != nil {
			return nil, err
		}
		if x.Truth() {
			return star.None, nil
		}
		return nil, fmt.Errorf("%s is not true%s", starlark.Repr(a.thread, x), because(msg))
	},
	"fail": func(_ *Running, a *arguments) (star.Value, error) {
		var msg star.Value
		if err := a.unpack("msg", &msg); err != nil {
			return nil, err
		}
		if s, ok := msg.(star.String); ok {
			return nil, fmt.Errorf("%s", string(s))
		}
		return nil, fmt.Errorf("%s", starlark.Repr(a.thread, msg))
	},
}

func because(msg string) string {
	if msg == "" {
		return ""
	}
	return ": " + msg
}

func start(r *Running, a *arguments) (star.Value, error) {
	var s Start
	var input, id star.Value
	var attributes *star.Dict
	if err := a.unpack("type", &s.Type, "input?", &input, "id?", &id, "attributes??", &attributes); err != nil {
		return nil, err
	}
	switch id := id.(type) {
	case nil, star.NoneType:
	case star.String:
		s.WorkflowID = string(id)
	default:
		return nil, fmt.Errorf("start: id is %s, want string", id.Type())
	}
	var err error
	if s.Input, err = a.payload("input", input); err != nil {
		return nil, err
	}
	if attributes != nil {
		s.Attributes = make(history.Attributes, attributes.Len())
		for key, value := range attributes.Entries() {
			name, ok := key.(star.String)
			if !ok {
				return nil, fmt.Errorf("start: the name of an attribute is %s, want string", key.Type())
			}
			if s.Attributes[string(name)], err = a.payload("attribute "+string(name), value); err != nil {
				return nil, err
			}
		}
	}
	run, err := r.world.Start(s)
	return &runValue{run}, err
}
