package starlark

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// slice evaluates x[lo:hi:step]; absent operands are None.
func (m *meter) slice(x, lo, hi, step starlark.Value) (starlark.Value, error) {
	s, ok := x.(starlark.Sliceable)
	if !ok {
		return nil, fmt.Errorf("invalid slice operand %s", x.Type())
	}
	by := 1
	if step != starlark.None {
		var err error
		if by, err = starlark.AsInt32(step); err != nil {
			return nil, fmt.Errorf("invalid slice step: %w", err)
		}
		if by == 0 {
			return nil, fmt.Errorf("zero is not a valid slice step")
		}
	}
	// Going up, the ends are within [0, n]; going down within [-1, n-1].
	n := s.Len()
	least, most, from, to := 0, n, 0, n
	if by < 0 {
		least, most, from, to = -1, n-1, n-1, -1
	}
	if err := bound(lo, n, least, most, &from, "start"); err != nil {
		return nil, err
	}
	if err := bound(hi, n, least, most, &to, "end"); err != nil {
		return nil, err
	}
	if by > 0 && to < from || by < 0 && to > from {
		to = from
	}
	count := 0
	if to != from {
		count = (to-from)/by + 1
	}
	if err := m.sliced(x, count, by); err != nil {
		return nil, err
	}
	return own(x, s.Slice(from, to, by)), nil
}

// sliced charges for a slice of about count elements.
func (m *meter) sliced(x starlark.Value, count, by int) error {
	switch x.(type) {
	case starlark.String, starlark.Bytes:
		if by == 1 && count > length(x)/2 {
			return m.grow(costString) // shares the bytes
		}
		if by != 1 {
			if err := m.steps(count / 4); err != nil { // byte by byte
				return err
			}
		}
		return m.text(count)
	case *starlark.List, starlark.Tuple:
		return m.elements(count)
	}
	return nil // a range computes its elements
}

// bound sets *at to the index v: counted from the end if negative, then clamped to [least, most].
func bound(v starlark.Value, n, least, most int, at *int, which string) error {
	if v == starlark.None {
		return nil
	}
	i, err := starlark.AsInt32(v)
	if err != nil {
		return fmt.Errorf("invalid %s index: %w", which, err)
	}
	if i < 0 {
		i += n
	}
	*at = min(max(i, least), most)
	return nil
}

// own copies part if it is a small piece of whole. Otherwise the piece would keep all of whole
// alive, without the account knowing.
func own(whole, part starlark.Value) starlark.Value {
	if length(whole) <= costOther {
		return part
	}
	switch p := part.(type) {
	case starlark.String:
		if 2*len(p) < length(whole) {
			return starlark.String(strings.Clone(string(p)))
		}
	case starlark.Bytes:
		if 2*len(p) < length(whole) {
			return starlark.Bytes(strings.Clone(string(p)))
		}
	case starlark.Tuple:
		if 2*len(p) < length(whole) {
			return append(starlark.Tuple(nil), p...)
		}
	}
	return part
}
