package starlark

import (
	"fmt"
	"maps"
	"slices"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// method is what runs instead of a method of a built-in type, or around it: it accounts for the
// call and makes it. call is the original.
type method func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error)

type original func() (starlark.Value, error)

// guarded holds the names of all methods of built-in types. Calls of anything so named go through
// callMethod.
var guarded = func() map[string]bool {
	names := make(map[string]bool)
	for _, v := range []starlark.HasAttrs{starlark.String(""), starlark.Bytes(""), new(starlark.List), new(starlark.Dict), new(starlark.Set), startime.Time{}} {
		for _, name := range v.AttrNames() {
			names[name] = true
		}
	}
	return names
}()

// guardedNames is guarded in order.
var guardedNames = slices.Sorted(maps.Keys(guarded))

// methodGuard is the guard that x.name(...) is rewritten to, with x as the first argument.
func methodGuard(name string) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		m := meterOf(t)
		if table := methodsOf(args[0]); table != nil {
			return m.callMethod(args[0], name, args[1:], kwargs, table)
		}
		fn, err := m.attr(args[0], name)
		if err != nil {
			return nil, err
		}
		return starlark.Call(t, fn, args[1:], kwargs)
	})
}

// methodsOf returns the guards of the methods of a built-in type, nil for any other type.
func methodsOf(v starlark.Value) map[string]method {
	switch v.(type) {
	case starlark.String:
		return stringMethods
	case starlark.Bytes:
		return bytesMethods
	case *starlark.List:
		return listMethods
	case *starlark.Dict:
		return dictMethods
	case *starlark.Set:
		return setMethods
	case startime.Time:
		return timeMethods
	}
	return nil
}

// callMethod calls a method of a built-in type. Every one has a guard: a method that a later
// version of the interpreter adds is refused, and a test tells.
func (m *meter) callMethod(recv starlark.Value, name string, args starlark.Tuple, kwargs []starlark.Tuple, table map[string]method) (starlark.Value, error) {
	guard := table[name]
	if guard == nil {
		return nil, fmt.Errorf("%s has no .%s field or method", recv.Type(), name)
	}
	if m.reads && changing[name] {
		if err := m.change(recv); err != nil {
			return nil, err
		}
	}
	return guard(m, recv, args, kwargs, func() (starlark.Value, error) {
		fn, err := recv.(starlark.HasAttrs).Attr(name)
		if err != nil {
			return nil, err
		}
		return fn.(*starlark.Builtin).CallInternal(m.thread, args, kwargs)
	})
}

// attr is x.name where name is that of a method of some built-in type.
func (m *meter) attr(x starlark.Value, name string) (starlark.Value, error) {
	table := methodsOf(x)
	if table == nil || table[name] == nil {
		if x, ok := x.(starlark.HasAttrs); ok {
			if v, err := x.Attr(name); v != nil || err != nil {
				return v, err
			}
		}
		return nil, fmt.Errorf("%s has no .%s field or method", x.Type(), name)
	}
	bound := starlark.NewBuiltin(name, func(t *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return meterOf(t).callMethod(b.Receiver(), name, args, kwargs, table)
	})
	return bound.BindReceiver(x), m.grow(costClosure)
}

// quick guards what takes no time and builds nothing to speak of.
func quick(_ *meter, _ starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	return call()
}

// emptying guards what empties its receiver. The table of a dict or set never shrinks, and every
// clear goes over all of it, however few elements are left.
func emptying(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(max(m.shrunk[recv], length(recv)) / 16); err != nil {
		return nil, err
	}
	return call()
}

// scan guards what reads its receiver once.
func scan(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(length(recv) / 64); err != nil {
		return nil, err
	}
	return call()
}

// keyed guards what looks its first argument up.
func keyed(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if len(args) > 0 {
		if err := m.key(args[0], recv); err != nil {
			return nil, err
		}
	}
	return call()
}

// shrinking guards what takes something out of a container, which keeps the room it had.
func shrinking(guard method) method {
	return func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
		before := length(recv)
		v, err := guard(m, recv, args, kwargs, call)
		if before == length(recv)+1 && err == nil {
			m.taken(recv, takenKey(recv, args, v))
		}
		const worthKnowing = 256
		if before > worthKnowing && before > length(recv) {
			if m.shrunk == nil {
				m.shrunk = make(map[starlark.Value]int)
			}
			m.shrunk[recv] = max(m.shrunk[recv], before)
		}
		return v, err
	}
}

// takenKey is the key that a method took out of a dict or set: its argument, or what it returned.
func takenKey(recv starlark.Value, args starlark.Tuple, result starlark.Value) starlark.Value {
	if pair, ok := result.(starlark.Tuple); ok && len(args) == 0 && len(pair) == 2 {
		if _, ok := recv.(*starlark.Dict); ok { // popitem
			return pair[0]
		}
	}
	if len(args) > 0 {
		return args[0]
	}
	return result
}
