package starlark

import (
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// workflow is ctx, on which code calls methods. Each method maps its arguments onto a call of the
// host.
type workflow struct{ e *execution }

var _ starlark.HasAttrs = (*workflow)(nil)

func (w *workflow) String() string        { return "<workflow context>" }
func (w *workflow) Type() string          { return "workflow_context" }
func (w *workflow) Freeze()               {}
func (w *workflow) Truth() starlark.Bool  { return true }
func (w *workflow) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable type: %s", w.Type()) }
func (w *workflow) AttrNames() []string   { return contextNames }

func (w *workflow) Attr(name string) (starlark.Value, error) {
	if fn := contextMethods[name]; fn != nil {
		return fn.BindReceiver(w), nil
	}
	if name == "info" {
		return w.info(), nil
	}
	return nil, nil
}

// arguments are the arguments of one call of a context method.
type arguments struct {
	*execution
	m      *meter
	name   string
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// unpack assigns the arguments, given pairs of name and pointer.
func (a *arguments) unpack(pairs ...any) error {
	return starlark.UnpackArgs(a.name, a.args, a.kwargs, pairs...)
}

// attributes encodes the values of a dict of attributes.
func (a *arguments) attributes(set *starlark.Dict) (history.Attributes, error) {
	attributes := make(history.Attributes, set.Len())
	for key, value := range set.Entries() {
		name, ok := key.(starlark.String)
		if !ok {
			return nil, fmt.Errorf("%s: a name of an attribute is %s, want string", a.name, key.Type())
		}
		p, err := a.m.encode("value of attribute "+a.m.brief(name), value)
		if err != nil {
			return nil, err
		}
		attributes[string(name)] = p
	}
	return attributes, nil
}

var contextMethods = func() map[string]*starlark.Builtin {
	all := make(map[string]*starlark.Builtin)
	for name, do := range contextFunctions {
		all[name] = starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			return do(&arguments{b.Receiver().(*workflow).e, meterOf(t), name, args, kwargs})
		})
	}
	return all
}()

var contextNames = append(slices.Sorted(maps.Keys(contextFunctions)), "info")

var contextFunctions = map[string]func(*arguments) (starlark.Value, error){
	"now": func(a *arguments) (starlark.Value, error) {
		return startime.Time(a.host.Now().Std()), a.unpack()
	},
	"random": func(a *arguments) (starlark.Value, error) {
		if err := a.unpack(); err != nil {
			return nil, err
		}
		x, err := a.host.Random()
		return starlark.Float(float64(x>>11) / (1 << 53)), err
	},
	"uuid": func(a *arguments) (starlark.Value, error) {
		if err := a.unpack(); err != nil {
			return nil, err
		}
		return a.uuid()
	},
	"cancelled": func(a *arguments) (starlark.Value, error) {
		if err := a.unpack(); err != nil {
			return nil, err
		}
		is, err := a.host.Cancelled()
		return starlark.Bool(is), err
	},
	"log": func(a *arguments) (starlark.Value, error) {
		var msg starlark.Value
		if err := a.unpack("msg", &msg); err != nil {
			return nil, err
		}
		p := printer{m: a.m}
		if err := p.writeStr(msg); err != nil {
			return nil, err
		}
		return starlark.None, a.host.Log(string(p.buf))
	},
	"on_query":     (*arguments).onQuery,
	"sleep":        plain((*arguments).startTimer),
	"signal":       plain((*arguments).startSignal),
	"child":        plain((*arguments).startChild),
	"activity":     plain((*arguments).startActivity),
	"try_child":    tried((*arguments).startChild),
	"try_activity": tried((*arguments).startActivity),

	"start_timer":    started((*arguments).startTimer),
	"start_signal":   started((*arguments).startSignal),
	"start_child":    started((*arguments).startChild),
	"start_activity": started((*arguments).startActivity),

	"all":      (*arguments).all,
	"try_all":  (*arguments).tryAll,
	"race":     (*arguments).race,
	"try_race": (*arguments).tryRace,
	"settled":  (*arguments).settled,
	"any":      (*arguments).any,

	"until":     (*arguments).until,
	"on_signal": (*arguments).onSignal,
	"on_update": (*arguments).onUpdate,

	"signal_workflow": func(a *arguments) (starlark.Value, error) {
		var id, name string
		var payload starlark.Value
		if err := a.unpack("id", &id, "name", &name, "payload?", &payload); err != nil {
			return nil, err
		}
		return a.signalWorkflow(id, name, payload)
	},
	"workflow": (*arguments).workflow,
	"set_attributes": func(a *arguments) (starlark.Value, error) {
		var set *starlark.Dict
		if err := a.unpack("attributes", &set); err != nil {
			return nil, err
		}
		attributes, err := a.attributes(set)
		if err != nil {
			return nil, err
		}
		return starlark.None, a.host.SetAttributes(attributes)
	},
	"continue_as_new": func(a *arguments) (starlark.Value, error) {
		var input starlark.Value
		version := "routed"
		if err := a.unpack("input?", &input, "version?", &version); err != nil {
			return nil, err
		}
		same, err := choose("version", version, nextVersions)
		if err != nil {
			return nil, err
		}
		early, err := a.payload("input", input)
		if err != nil {
			return nil, err
		}
		if err := a.settle(input); err != nil {
			return nil, err
		}
		late, err := a.payload("input", input) // handlers may have changed what it is made of
		if err != nil {
			return nil, err
		}
		return starlark.None, a.host.ContinueAsNew(late, early, same)
	},
}

// payload encodes a JSON value for the host; an absent value is no payload.
func (a *arguments) payload(what string, v starlark.Value) (history.Payload, error) {
	if v == nil {
		return nil, nil
	}
	return a.m.encode(what, v)
}

// uuid makes a version 4 UUID from two draws.
func (a *arguments) uuid() (starlark.Value, error) {
	hi, err := a.host.Random()
	if err != nil {
		return nil, err
	}
	lo, err := a.host.Random()
	if err != nil {
		return nil, err
	}
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return starlark.String(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))), nil
}

// maxHandlers bounds the handlers of each kind that a run registers.
const maxHandlers = 1000

func (a *arguments) onQuery() (starlark.Value, error) {
	var name string
	var fn starlark.Callable
	if err := a.unpack("name", &name, "fn", &fn); err != nil {
		return nil, err
	}
	if a.m.reads {
		return nil, runtime.ErrReadOnly
	}
	return starlark.None, a.register(&a.handlers, name, fn)
}

func (a *arguments) onSignal() (starlark.Value, error) {
	var name string
	var fn starlark.Callable
	if err := a.unpack("name", &name, "fn", &fn); err != nil {
		return nil, err
	}
	if err := a.host.Handle(runtime.Signal, name); err != nil {
		return nil, err
	}
	return starlark.None, a.register(&a.signals, name, fn)
}

func (a *arguments) onUpdate() (starlark.Value, error) {
	var name string
	var fn, validator starlark.Callable
	if err := a.unpack("name", &name, "fn", &fn, "validator??", &validator); err != nil {
		return nil, err
	}
	if err := a.host.Handle(runtime.Update, name); err != nil {
		return nil, err
	}
	if err := a.register(&a.updates, name, fn); err != nil {
		return nil, err
	}
	if delete(a.validators, name); validator == nil {
		return starlark.None, nil
	}
	return starlark.None, a.register(&a.validators, name, validator)
}

// register notes a handler, in place of the one that the name had.
func (a *arguments) register(handlers *map[string]starlark.Callable, name string, fn starlark.Callable) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 || !utf8.ValidString(name) {
		return fmt.Errorf("%s: the name %.100q has %d characters; 1 to 200 of UTF-8 are allowed", a.name, name, n)
	}
	if *handlers == nil {
		*handlers = make(map[string]starlark.Callable)
	}
	if _, there := (*handlers)[name]; !there && len(*handlers) >= maxHandlers {
		return fmt.Errorf("%s: the run already has %d handlers", a.name, maxHandlers)
	}
	(*handlers)[name] = fn
	return nil
}

// choose maps a word to its meaning.
func choose[T any](what, word string, words map[string]T) (T, error) {
	v, ok := words[word]
	if !ok {
		return v, fmt.Errorf("%s is %.100q, it must be one of %q", what, word, slices.Sorted(maps.Keys(words)))
	}
	return v, nil
}

// duration is an argument: a Go duration string or a time.duration.
type duration struct {
	set bool
	d   history.Duration
}

// Unpack implements starlark.Unpacker.
func (d *duration) Unpack(v starlark.Value) error {
	switch v := v.(type) {
	case starlark.NoneType:
		return nil
	case startime.Duration:
		d.set, d.d = true, history.Duration(v)
		return nil
	case starlark.String:
		if len(v) > 100 {
			return fmt.Errorf("got a string of %d bytes, want a duration such as \"1m30s\"", len(v))
		}
		std, err := time.ParseDuration(string(v))
		switch {
		case err != nil && history.BeyondDuration(string(v)):
			return fmt.Errorf("got %q, which is longer than 100 years", string(v))
		case err != nil:
			return fmt.Errorf("got %q, want a duration such as \"1m30s\"", string(v))
		}
		d.set, d.d = true, history.Duration(std)
		return nil
	}
	return fmt.Errorf("got %s, want a duration such as \"1m30s\"", v.Type())
}
