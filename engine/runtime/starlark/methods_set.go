package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

var setMethods = map[string]method{
	"add": func(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		before := length(recv)
		v, err := guardKeyed(m, recv, args, nil, call)
		if err == nil && length(recv) > before {
			m.noteAdded(recv, args[0])
			err = m.grow(costEntry)
		}
		return v, err
	},
	"clear":                guardShrinking(guardEmptying),
	"difference":           guardCombining,
	"discard":              guardShrinking(guardKeyed),
	"intersection":         guardCombining,
	"issubset":             guardCombining,
	"issuperset":           guardCombining,
	"pop":                  guardShrinking(guardQuick),
	"remove":               guardShrinking(guardKeyed),
	"symmetric_difference": guardCombining,
	"union": func(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if err := copied(m, recv); err != nil {
			return nil, err
		}
		return combine(m, recv, args, call)
	},
	"update": func(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		v, err := combine(m, recv, args, call)
		delete(m.chains, recv) // it is unknown which elements are new
		return v, err
	},
}

// guardCombining guards methods that make a set from their receiver and their argument, or look up
// the argument's elements. Without an argument the interpreter panics.
func guardCombining(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("got no argument, want 1")
	}
	if err := copied(m, recv); err != nil {
		return nil, err
	}
	return combine(m, recv, args, call)
}

// copied charges for a copy of a set.
func copied(m *meter, set starlark.Value) error {
	if err := m.entries(length(set)); err != nil {
		return err
	}
	return m.keys(set, nil)
}

// combine charges for args that are added to a set or looked up in it.
func combine(m *meter, recv starlark.Value, args starlark.Tuple, call original) (starlark.Value, error) {
	for _, arg := range args {
		if err := m.entries(length(arg)); err != nil { // before the walk, because a range may have any length
			return nil, err
		}
		if err := m.keys(arg, recv); err != nil {
			return nil, err
		}
	}
	return call()
}

// newSet implements set(v).
func (m *meter) newSet(v starlark.Iterable) (*starlark.Set, error) {
	set := new(starlark.Set)
	if err := m.grow(costDict); err != nil {
		return nil, err
	}
	if v == nil {
		return set, nil
	}
	for elem := range starlark.Elements(v) {
		before := set.Len()
		if err := m.key(elem, set); err != nil {
			return nil, err
		}
		if err := m.steps(3); err != nil {
			return nil, err
		}
		if err := set.Insert(elem); err != nil {
			return nil, err
		}
		if set.Len() > before {
			m.noteAdded(set, elem)
			if err := m.grow(costEntry); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}
