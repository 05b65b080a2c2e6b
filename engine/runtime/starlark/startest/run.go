package startest

import (
	"fmt"

	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm/history"
	star "go.starlark.net/starlark"
)

// runValue is what t.start returns.
type runValue struct{ of Run }

var _ star.HasAttrs = (*runValue)(nil)

func (r *runValue) String() string        { return fmt.Sprintf("<run of workflow %s>", r.of.ID()) }
func (r *runValue) Type() string          { return "run" }
func (r *runValue) Freeze()               {}
func (r *runValue) Truth() star.Bool      { return true }
func (r *runValue) Hash() (uint32, error) { return star.String(r.of.ID()).Hash() }
func (r *runValue) AttrNames() []string   { return runNames }

var runNames = []string{"cancel", "error", "history", "id", "query", "result", "signal", "status", "update", "update_error"}

func (r *runValue) Attr(name string) (star.Value, error) {
	switch name {
	case "id":
		return star.String(r.of.ID()), nil
	case "status":
		s, err := r.of.Look()
		return star.String(s.Status.String()), err
	case "history":
		types, err := r.of.History()
		list := make([]star.Value, len(types))
		for i, t := range types {
			list[i] = star.String(t)
		}
		return star.NewList(list), err
	}
	if do := runMethods[name]; do != nil {
		return star.NewBuiltin(name, func(t *star.Thread, _ *star.Builtin, args star.Tuple, kwargs []star.Tuple) (star.Value, error) {
			return do(r.of, &arguments{t, name, args, kwargs})
		}), nil
	}
	return nil, nil
}

// arguments are the arguments of one method call.
type arguments struct {
	thread *star.Thread
	name   string
	args   star.Tuple
	kwargs []star.Tuple
}

// unpack assigns the arguments, given pairs of name and pointer.
func (a *arguments) unpack(pairs ...any) error {
	return star.UnpackArgs(a.name, a.args, a.kwargs, pairs...)
}

// payload encodes a JSON value; an absent value is no payload.
func (a *arguments) payload(what string, v star.Value) (history.Payload, error) {
	if v == nil {
		return nil, nil
	}
	return starlark.Encode(a.thread, what, v)
}

var runMethods = map[string]func(Run, *arguments) (star.Value, error){
	"signal": func(r Run, a *arguments) (star.Value, error) {
		var name string
		var payload star.Value
		if err := a.unpack("name", &name, "payload?", &payload); err != nil {
			return nil, err
		}
		p, err := a.payload("payload", payload)
		if err != nil {
			return nil, err
		}
		return star.None, r.Signal(name, p)
	},
	"cancel": func(r Run, a *arguments) (star.Value, error) {
		var reason string
		if err := a.unpack("reason?", &reason); err != nil {
			return nil, err
		}
		return star.None, r.Cancel(reason)
	},
	"query": func(r Run, a *arguments) (star.Value, error) {
		var name string
		var args star.Value
		if err := a.unpack("name", &name, "args?", &args); err != nil {
			return nil, err
		}
		p, err := a.payload("args", args)
		if err != nil {
			return nil, err
		}
		answer, err := r.Query(name, p)
		if err != nil {
			return nil, err
		}
		return starlark.Decode(a.thread, "answer", answer)
	},
	"update": func(r Run, a *arguments) (star.Value, error) {
		name, u, err := a.update(r)
		if err != nil {
			return nil, err
		}
		if u.Error != nil {
			return nil, fmt.Errorf("update %s of workflow %s failed, want a result: %s", name, r.ID(), u.Error.Error())
		}
		return starlark.Decode(a.thread, "result of the update", u.Result)
	},
	"update_error": func(r Run, a *arguments) (star.Value, error) {
		name, u, err := a.update(r)
		if err != nil {
			return nil, err
		}
		if u.Error == nil {
			return nil, fmt.Errorf("update %s of workflow %s completed, want an error: its result is %.200s", name, r.ID(), u.Result)
		}
		return starlark.Failure(a.thread, u.Error)
	},
	"result": func(r Run, a *arguments) (star.Value, error) {
		s, err := a.end(r)
		if err != nil {
			return nil, err
		}
		if s.Status != history.StatusCompleted {
			return nil, &Ended{WorkflowID: r.ID(), Standing: s, Want: "completed"}
		}
		return starlark.Decode(a.thread, "result", s.Result)
	},
	"error": func(r Run, a *arguments) (star.Value, error) {
		s, err := a.end(r)
		if err != nil {
			return nil, err
		}
		if s.Error == nil {
			return nil, &Ended{WorkflowID: r.ID(), Standing: s, Want: "an error"}
		}
		return starlark.Failure(a.thread, s.Error)
	},
}

// update sends an update and waits for its answer.
func (a *arguments) update(r Run) (name string, u Answer, err error) {
	var args star.Value
	if err := a.unpack("name", &name, "args?", &args); err != nil {
		return name, u, err
	}
	p, err := a.payload("args", args)
	if err != nil {
		return name, u, err
	}
	u, err = r.Update(name, p)
	return name, u, err
}

// end waits until a run has closed. The method has no arguments.
func (a *arguments) end(r Run) (Standing, error) {
	if err := a.unpack(); err != nil {
		return Standing{}, err
	}
	return r.Await()
}
