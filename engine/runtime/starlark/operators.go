package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// number rejects an integer that has grown too large for fast arithmetic.
func (m *meter) number(i starlark.Int) (starlark.Value, error) {
	if _, small := i.Int64(); small {
		return i, nil
	}
	bits := i.BigInt().BitLen()
	if bits > maxIntBits {
		return nil, fmt.Errorf("the number has %d bits, the limit is %d", bits, maxIntBits)
	}
	if err := m.steps(bits / 256); err != nil {
		return nil, err
	}
	return i, m.grow(intCost(i))
}

// binary applies the interpreter's operator, and checks the result if it is a number.
func (m *meter) binary(op syntax.Token, x, y starlark.Value) (starlark.Value, error) {
	switch op {
	case syntax.STAR:
		if err := m.steps(bitsOf(x) * bitsOf(y) / (1 << 16)); err != nil {
			return nil, err
		}
	case syntax.SLASHSLASH, syntax.PERCENT:
		if err := m.steps(bitsOf(x)/64 + bitsOf(x)*bitsOf(y)/(1<<14)); err != nil {
			return nil, err
		}
	}
	z, err := starlark.Binary(op, x, y)
	if i, ok := z.(starlark.Int); ok && err == nil {
		return m.number(i)
	}
	return z, err
}

// bitsOf returns the size of a number; 0 for other values, and for numbers of one machine word.
func bitsOf(v starlark.Value) int {
	i, ok := v.(starlark.Int)
	if !ok {
		return 0
	}
	if _, small := i.Int64(); small {
		return 0
	}
	return i.BigInt().BitLen()
}

func (m *meter) add(x, y starlark.Value) (starlark.Value, error) {
	switch x := x.(type) {
	case starlark.String:
		if y, ok := y.(starlark.String); ok {
			if err := m.text(len(x) + len(y)); err != nil {
				return nil, err
			}
			return x + y, nil
		}
	case starlark.Bytes:
		if y, ok := y.(starlark.Bytes); ok {
			if err := m.text(len(x) + len(y)); err != nil {
				return nil, err
			}
		}
	case *starlark.List, starlark.Tuple:
		if err := m.elements(length(x) + length(y)); err != nil {
			return nil, err
		}
	}
	return m.binary(syntax.PLUS, x, y)
}

// addTo executes x += y: a list grows in place.
func (m *meter) addTo(x, y starlark.Value) (starlark.Value, error) {
	if list, ok := x.(*starlark.List); ok {
		if more, ok := y.(starlark.Iterable); ok {
			if err := m.change(list); err != nil {
				return nil, err
			}
			_, err := m.extend(list, more)
			return list, err
		}
	}
	return m.add(x, y)
}

func (m *meter) subtract(x, y starlark.Value) (starlark.Value, error) {
	if _, ok := x.(*starlark.Set); ok {
		return m.combine(syntax.MINUS, x, y)
	}
	return m.binary(syntax.MINUS, x, y)
}

func (m *meter) multiply(x, y starlark.Value) (starlark.Value, error) {
	if n, ok := y.(starlark.Int); ok && isSequence(x) {
		return m.repeat(x, n, x, y)
	}
	if n, ok := x.(starlark.Int); ok && isSequence(y) {
		return m.repeat(y, n, x, y)
	}
	return m.binary(syntax.STAR, x, y)
}

func isSequence(v starlark.Value) bool {
	switch v.(type) {
	case starlark.String, starlark.Bytes, *starlark.List, starlark.Tuple:
		return true
	}
	return false
}

// maxRepeat bounds the elements or bytes of one repeat, whatever the limits.
const maxRepeat = 1 << 30

// repeat evaluates x * y, where n is the operand that is a count, and s the other.
func (m *meter) repeat(s starlark.Value, n starlark.Int, x, y starlark.Value) (starlark.Value, error) {
	size := int64(length(s))
	count, ok := n.Int64()
	if !ok || size > 0 && count > maxRepeat/size {
		return nil, fmt.Errorf("repeating %s of length %d %s times builds more than %d elements", s.Type(), size, n, maxRepeat)
	}
	account := m.elements
	switch s.(type) {
	case starlark.String, starlark.Bytes:
		account = m.text
	}
	err := account(int(size * max(count, 0)))
	if err != nil {
		return nil, err
	}
	return m.binary(syntax.STAR, x, y)
}

func (m *meter) modulo(x, y starlark.Value) (starlark.Value, error) {
	if format, ok := x.(starlark.String); ok {
		return m.interpolate(string(format), y)
	}
	return m.binary(syntax.PERCENT, x, y)
}

// combine evaluates one of - | & ^ <<, on sets, dicts or numbers. The result has at most the
// elements of both.
func (m *meter) combine(op syntax.Token, x, y starlark.Value) (starlark.Value, error) {
	switch x.(type) {
	case *starlark.Set, *starlark.Dict:
		if err := m.entries(length(x) + length(y)); err != nil {
			return nil, err
		}
		if err := m.keys(x, nil); err != nil {
			return nil, err
		}
		if err := m.keys(y, x); err != nil {
			return nil, err
		}
	}
	return m.binary(op, x, y)
}

// unionInto executes x |= y: a dict grows in place.
func (m *meter) unionInto(x, y starlark.Value) (starlark.Value, error) {
	if dict, ok := x.(*starlark.Dict); ok {
		if more, ok := y.(*starlark.Dict); ok {
			if err := m.change(dict); err != nil {
				return nil, err
			}
			return dict, m.update(dict, more)
		}
	}
	return m.combine(syntax.PIPE, x, y)
}

func (m *meter) compare(op syntax.Token, x, y starlark.Value) (starlark.Value, error) {
	if s, ok := x.(starlark.String); ok && (op == syntax.EQL || op == syntax.NEQ) {
		if t, ok := y.(starlark.String); ok {
			err := m.steps(min(len(s), len(t)) / 1024)
			return starlark.Bool((s == t) == (op == syntax.EQL)), err
		}
	}
	// A comparison goes no deeper, and visits no more, than the smaller of the two trees, so
	// weighing either is enough.
	if err := m.weigh(x); err != nil {
		return nil, err
	}
	ok, err := starlark.Compare(op, x, y)
	return starlark.Bool(ok), err
}

func (m *meter) contains(op syntax.Token, x, y starlark.Value) (starlark.Value, error) {
	var err error
	switch y := y.(type) {
	case starlark.String:
		err = m.steps(len(y) / 64)
	case *starlark.Dict, *starlark.Set:
		err = m.key(x, y)
	default:
		err = m.weigh(y)
	}
	if err != nil {
		return nil, err
	}
	return starlark.Binary(op, x, y)
}

// text, elements and entries charge for a new string, list or tuple, dict or set, and for the time
// to fill it.
func (m *meter) text(n int) error {
	if err := m.grow(costString + uint64(n)); err != nil {
		return err
	}
	return m.steps(n / 64)
}

func (m *meter) elements(n int) error {
	if err := m.growBy(n, costElem); err != nil {
		return err
	}
	if err := m.grow(costList); err != nil {
		return err
	}
	return m.steps(n / 4)
}

func (m *meter) entries(n int) error {
	if err := m.growBy(n, costEntry); err != nil {
		return err
	}
	if err := m.grow(costDict); err != nil {
		return err
	}
	return m.steps(n)
}
