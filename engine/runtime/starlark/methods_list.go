package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

var listMethods = map[string]method{
	"append": func(m *meter, _ starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if err := m.grow(costElem); err != nil {
			return nil, err
		}
		return call()
	},
	"clear": guardShrinking(guardQuick),
	"extend": func(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if len(args) == 1 {
			if err := m.extended(args[0]); err != nil {
				return nil, err
			}
		}
		return call()
	},
	"index": guardWeighed,
	"insert": func(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if err := m.grow(costElem); err != nil {
			return nil, err
		}
		if err := m.steps(length(recv) / 64); err != nil {
			return nil, err
		}
		return call()
	},
	"pop":    guardShrinking(guardScan),
	"remove": guardShrinking(guardWeighed),
}

// guardWeighed guards methods that compare their argument with all elements.
func guardWeighed(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
	if err := m.weigh(recv); err != nil {
		return nil, err
	}
	return call()
}

// extended charges for adding all of v to a list.
func (m *meter) extended(v starlark.Value) error {
	if err := m.growBy(length(v), costElem); err != nil {
		return err
	}
	return m.steps(length(v) / 4)
}

// extend executes list += more.
func (m *meter) extend(list *starlark.List, more starlark.Iterable) (starlark.Value, error) {
	if err := m.extended(more); err != nil {
		return nil, err
	}
	fn, err := list.Attr("extend")
	if err != nil {
		return nil, err
	}
	return fn.(*starlark.Builtin).CallInternal(m.thread, starlark.Tuple{more}, nil)
}

// collect returns the elements of v in a new slice: for list(v), tuple(v) and so on.
func (m *meter) collect(v starlark.Iterable) ([]starlark.Value, error) {
	n := length(v)
	if err := m.elements(n); err != nil {
		return nil, err
	}
	if err := m.steps(n / 2); err != nil {
		return nil, err
	}
	all := make([]starlark.Value, 0, n)
	for elem := range starlark.Elements(v) {
		if len(all) == n {
			return nil, fmt.Errorf("%s does not know its length", v.Type())
		}
		all = append(all, elem)
	}
	return all, nil
}
