package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// index evaluates x[y].
func (m *meter) index(x, y starlark.Value) (starlark.Value, error) {
	switch x := x.(type) {
	case *starlark.Dict:
		if err := m.key(y, x); err != nil {
			return nil, err
		}
		v, found, err := x.Get(y)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("key %s not in dict", m.brief(y))
		}
		return v, nil
	case starlark.Indexable:
		i, err := position(x, y)
		if err != nil {
			return nil, err
		}
		switch x := x.(type) {
		case starlark.String:
			return single[x[i]], nil
		case starlark.Bytes:
			return starlark.Bytes([]byte{x[i]}), nil
		}
		return x.Index(i), nil
	}
	return nil, fmt.Errorf("unhandled index operation %s[%s]", x.Type(), y.Type())
}

// position converts an index into one within x.
func position(x starlark.Indexable, y starlark.Value) (int, error) {
	i, err := starlark.AsInt32(y)
	if err != nil {
		return 0, fmt.Errorf("%s index: %w", x.Type(), err)
	}
	n := x.Len()
	at := i
	if at < 0 {
		at += n
	}
	if n == 0 {
		return 0, fmt.Errorf("index %d out of range: empty %s", i, x.Type())
	}
	if at < 0 || at >= n {
		return 0, fmt.Errorf("%s index %d out of range [%d:%d]", x.Type(), i, -n, n-1)
	}
	return at, nil
}

// single holds the one-byte strings. A substring would keep alive the string that it was cut from,
// after the account has forgotten that string.
var single = func() (all [256]starlark.Value) {
	for i := range all {
		all[i] = starlark.String([]byte{byte(i)})
	}
	return all
}()

// slot replaces x in x[y] = z.
func (m *meter) slot(x starlark.Value) (starlark.Value, error) {
	if dict, ok := x.(*starlark.Dict); ok {
		return &slot{Dict: dict, m: m}, m.change(x)
	}
	return x, m.change(x) // a list does not grow, and other types refuse elements
}

// slot is a dict that charges for set elements.
type slot struct {
	*starlark.Dict
	m *meter
}

// SetKey implements starlark.HasSetKey.
func (s *slot) SetKey(k, v starlark.Value) error { return s.m.set(s.Dict, k, v) }

// set executes dict[k] = v.
func (m *meter) set(dict *starlark.Dict, k, v starlark.Value) error {
	before := dict.Len()
	if err := m.key(k, dict); err != nil {
		return err
	}
	if err := dict.SetKey(k, v); err != nil {
		return err
	}
	if dict.Len() > before {
		m.noteAdded(dict, k)
		return m.grow(costEntry)
	}
	return nil
}

// element is x[y] as x[y] op= z sees it: read before z is evaluated.
type element struct {
	starlark.Value // the container
	key, old       starlark.Value
}

func (m *meter) element(x, y starlark.Value) (starlark.Value, error) {
	old, err := m.index(x, y)
	return &element{Value: x, key: y, old: old}, err
}

// assign executes x[y] op= z.
func (m *meter) assign(op string, at *element, z starlark.Value) (starlark.Value, error) {
	v, err := m.operate(op, at.old, z)
	if err != nil {
		return nil, err
	}
	if err := m.change(at.Value); err != nil {
		return nil, err
	}
	switch x := at.Value.(type) {
	case *starlark.Dict:
		err = m.set(x, at.key, v)
	case starlark.HasSetIndex:
		var i int
		if i, err = position(x, at.key); err == nil {
			err = x.SetIndex(i, v)
		}
	default:
		err = fmt.Errorf("%s value does not support item assignment", x.Type())
	}
	return starlark.None, err
}

// operate applies the operator of an augmented assignment.
func (m *meter) operate(op string, x, y starlark.Value) (starlark.Value, error) {
	switch op {
	case "+":
		return m.addTo(x, y)
	case "-":
		return m.subtract(x, y)
	case "*":
		return m.multiply(x, y)
	case "%":
		return m.modulo(x, y)
	case "|":
		return m.unionInto(x, y)
	}
	for token := syntax.SLASH; token <= syntax.GTGT; token++ {
		if token.String() == op {
			return m.combine(token, x, y)
		}
	}
	return nil, fmt.Errorf("unknown operator %s", op)
}
