package starlark

import (
	"fmt"
	"maps"
	"slices"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// method replaces or wraps a method of a built-in type: it charges for the call and makes it. call
// is the original method.
type method func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error)

type original func() (starlark.Value, error)

// guarded holds the names of all methods of built-in types. Calls with such a name go through
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

// guardedNames lists guarded in order.
var guardedNames = slices.Sorted(maps.Keys(guarded))

// methodGuard returns the guard to which x.name(...) is rewritten, with x as the first argument.
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

// methodsOf returns the guards of a built-in type's methods, nil for any other type.
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

// callMethod calls a method of a built-in type. Every method has a guard. If a later version of the
// interpreter adds one, it is refused, and a test fails.
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

// attr evaluates x.name, where name is a method's name of some built-in type.
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

// guardQuick guards methods that are fast and build almost nothing.
func guardQuick(_ *meter, _ starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	return call()
}

// guardEmptying guards methods that empty their receiver. The table of a dict or set never shrinks,
// and every clear walks all of it, however few elements are left.
func guardEmptying(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(max(m.shrunk[recv], length(recv)) / 16); err != nil {
		return nil, err
	}
	return call()
}

// guardScan guards methods that read their receiver once.
func guardScan(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.steps(length(recv) / 64); err != nil {
		return nil, err
	}
	return call()
}

// guardKeyed guards methods that look up their first argument.
func guardKeyed(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if len(args) > 0 {
		if err := m.key(args[0], recv); err != nil {
			return nil, err
		}
	}
	return call()
}

// guardShrinking guards methods that remove something from a container, which keeps the room it
// had.
func guardShrinking(guard method) method {
	return func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, call original) (starlark.Value, error) {
		before := length(recv)
		v, err := guard(m, recv, args, kwargs, call)
		if before == length(recv)+1 && err == nil {
			m.noteRemoved(recv, removedKey(recv, args, v))
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

// removedKey returns the key that a method removed from a dict or set: its argument, or what it
// returned.
func removedKey(recv starlark.Value, args starlark.Tuple, result starlark.Value) starlark.Value {
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
