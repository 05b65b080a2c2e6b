package starlark

import (
	"fmt"
	"slices"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// less compares and charges for it.
func (m *meter) less(op syntax.Token, x, y starlark.Value) (bool, error) {
	if err := m.steps(1); err != nil {
		return false, err
	}
	v, err := m.compare(op, x, y)
	if err != nil {
		return false, err
	}
	return bool(v.(starlark.Bool)), nil
}

// keyOf returns key(v), or v if there is no key.
func (m *meter) keyOf(key starlark.Callable, v starlark.Value) (starlark.Value, error) {
	if key == nil {
		return v, nil
	}
	return starlark.Call(m.thread, key, starlark.Tuple{v}, nil)
}

func sorted(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x starlark.Iterable
	var key starlark.Callable
	var reverse bool
	if err := starlark.UnpackArgs("sorted", args, kwargs, "iterable", &x, "key?", &key, "reverse?", &reverse); err != nil {
		return nil, err
	}
	values, err := m.collect(x)
	if err != nil {
		return nil, err
	}
	type pair struct{ key, value starlark.Value }
	if err := m.growBy(len(values), 2*costElem); err != nil {
		return nil, err
	}
	pairs := make([]pair, len(values))
	for i, v := range values {
		k, err := m.keyOf(key, v)
		if err != nil {
			return nil, err
		}
		pairs[i] = pair{k, v}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		if err != nil {
			return 0
		}
		if reverse {
			a, b = b, a
		}
		var before, after bool
		if before, err = m.less(syntax.LT, a.key, b.key); err == nil && !before {
			after, err = m.less(syntax.LT, b.key, a.key)
		}
		switch {
		case before:
			return -1
		case after:
			return 1
		}
		return 0
	})
	for i, p := range pairs {
		values[i] = p.value
	}
	return starlark.NewList(values), err
}

// extreme implements max or min: it returns the first of the greatest or least elements.
func extreme(name string) builtin {
	op := syntax.LT
	if name == "max" {
		op = syntax.GT
	}
	return func(m *meter, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var key starlark.Callable
		if err := starlark.UnpackArgs(name, nil, kwargs, "key?", &key); err != nil {
			return nil, err
		}
		var from starlark.Iterable = args
		if len(args) == 1 {
			x, ok := args[0].(starlark.Iterable)
			if !ok {
				return nil, fmt.Errorf("%s: %s value is not iterable", name, args[0].Type())
			}
			from = x
		}
		var best, bestKey starlark.Value
		for v := range starlark.Elements(from) {
			k, err := m.keyOf(key, v)
			if err != nil {
				return nil, err
			}
			better := best == nil
			if !better {
				if better, err = m.less(op, k, bestKey); err != nil {
					return nil, err
				}
			}
			if better {
				best, bestKey = v, k
			}
		}
		if best == nil {
			return nil, fmt.Errorf("%s: argument is an empty sequence", name)
		}
		return best, nil
	}
}
