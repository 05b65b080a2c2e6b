package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

var dictMethods = map[string]method{
	"clear":   guardShrinking(guardEmptying),
	"get":     guardKeyed,
	"items":   guardListing(2 * (costElem + costTuple)),
	"keys":    guardListing(costElem),
	"values":  guardListing(costElem + 2*costTuple),
	"pop":     guardShrinking(guardKeyed),
	"popitem": guardShrinking(guardQuick),
	"setdefault": func(m *meter, recv starlark.Value, args starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if err := m.grow(costEntry); err != nil {
			return nil, err
		}
		before := length(recv)
		v, err := guardKeyed(m, recv, args, nil, call)
		if err == nil && length(recv) > before {
			m.noteAdded(recv, args[0])
		}
		return v, err
	},
	"update": func(m *meter, recv starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple, _ original) (starlark.Value, error) {
		return starlark.None, named("update", m.updateWith(recv.(*starlark.Dict), args, kwargs))
	},
}

// guardListing guards methods that list all elements, at the given cost for each.
func guardListing(cost int) method {
	return func(m *meter, recv starlark.Value, _ starlark.Tuple, _ []starlark.Tuple, call original) (starlark.Value, error) {
		if err := m.growBy(length(recv), cost); err != nil {
			return nil, err
		}
		if err := m.elements(0); err != nil {
			return nil, err
		}
		if err := m.steps(length(recv) / 2); err != nil {
			return nil, err
		}
		return call()
	}
}

func named(name string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// update sets all entries of more in dict.
func (m *meter) update(dict, more *starlark.Dict) error {
	for k, v := range more.Entries() {
		if err := m.steps(1); err != nil {
			return err
		}
		if err := m.set(dict, k, v); err != nil {
			return err
		}
	}
	return nil
}

// updateWith implements dict.update(*args, **kwargs) and dict(...).
func (m *meter) updateWith(dict *starlark.Dict, args starlark.Tuple, kwargs []starlark.Tuple) error {
	if len(args) > 1 {
		return fmt.Errorf("got %d arguments, want at most 1", len(args))
	}
	if len(args) == 1 {
		switch more := args[0].(type) {
		case *starlark.Dict:
			if more == dict {
				break
			}
			if err := m.update(dict, more); err != nil {
				return err
			}
		case starlark.Iterable:
			if err := m.pairs(dict, more); err != nil {
				return err
			}
		default:
			return fmt.Errorf("got %s, want iterable", more.Type())
		}
	}
	named := make(map[starlark.Value]bool, len(kwargs))
	for _, pair := range kwargs {
		if named[pair[0]] {
			return fmt.Errorf("duplicate keyword arg: %s", m.brief(pair[0]))
		}
		named[pair[0]] = true
		if err := m.set(dict, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// dictOf makes a dict from a list of pairs, as a comprehension has collected them.
func (m *meter) dictOf(pairs *starlark.List) (*starlark.Dict, error) {
	dict := new(starlark.Dict)
	for i := range pairs.Len() {
		pair := pairs.Index(i).(starlark.Tuple)
		if err := m.set(dict, pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return dict, m.grow(costDict)
}

// pairs sets the entries that an iterable of pairs lists.
func (m *meter) pairs(dict *starlark.Dict, list starlark.Iterable) error {
	i := 0
	for elem := range starlark.Elements(list) {
		pair, ok := elem.(starlark.Iterable)
		if !ok || starlark.Len(pair) != 2 {
			return fmt.Errorf("element %d of the sequence is not a pair but %s", i, elem.Type())
		}
		var kv []starlark.Value
		for v := range starlark.Elements(pair) {
			kv = append(kv, v)
		}
		if err := m.steps(1); err != nil {
			return err
		}
		if err := m.set(dict, kv[0], kv[1]); err != nil {
			return err
		}
		i++
	}
	return nil
}
