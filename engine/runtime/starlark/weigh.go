package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

// weigh walks v as the tree that comparing, hashing or freezing would walk, and charges steps for it. Values that share parts are trees of exponential size
// (t = (t, t)), and those that contain themselves have no end: the walk ends with an error at maxDepth, or at the limit of steps.
func (m *meter) weigh(v starlark.Value) error {
	switch v := v.(type) { // scalars first: this is on the path of every comparison and dict access
	case starlark.String:
		if len(v) < 256 {
			return nil
		}
	case starlark.Int, starlark.NoneType, starlark.Bool, starlark.Float:
		return nil
	}
	w := walk{m: m}
	if err := w.visit(v, 0); err != nil {
		return err
	}
	return m.steps(w.nodes)
}

// key accounts for looking v up in a container of n elements, or adding it.
//
// The interpreter's hash of numbers, tuples and short strings is known to everybody, so keys that all fall into one bucket are easily made: by code, and by
// whoever sends a payload. They make a lookup take time in proportion to n, so a share of n is charged for every lookup by such a key: little
// where there are few elements, and enough to end code that adds tens of thousands in a turn.
func (m *meter) key(v starlark.Value, n int) error {
	share := 0
	switch v := v.(type) {
	case starlark.String:
		if share = shortString; len(v) >= 12 { // hashed with a secret
			share = unlikely
		}
		if n < share && len(v) < 256 {
			return nil
		}
	case starlark.Int:
		if share = smallInt; !isSmall(v) {
			share = equalHash
		}
		return m.steps(n / share)
	case starlark.NoneType, starlark.Bool:
		return nil
	default:
		share = equalHash
	}
	w := walk{m: m, most: maxKey}
	if err := w.visit(v, 0); err != nil {
		return err
	}
	return m.steps(w.nodes + (w.seen+w.nodes)*(n/share))
}

// How many elements cost one step, by what comparing with one takes when all are in one bucket.
const (
	unlikely    = 1 << 30
	smallInt    = 256 // hashes differ, so that elements are not compared
	shortString = 256
	equalHash   = 16 // of a general comparison
)

// isSmall reports whether no other small number has the same hash.
func isSmall(i starlark.Int) bool {
	n, ok := i.Int64()
	return ok && n >= -1<<31 && n < 1<<31
}

// keys accounts for adding all elements of v to a container of n.
func (m *meter) keys(v starlark.Value, n int) error {
	elements, ok := v.(starlark.Iterable)
	if !ok {
		return nil
	}
	n += length(v)
	for elem := range starlark.Elements(elements) {
		if err := m.key(elem, n); err != nil {
			return err
		}
	}
	return m.steps(length(v) / 4)
}

type walk struct {
	m     *meter
	nodes int // not yet accounted for
	seen  int
	most  int // refuse values of more parts, if > 0
}

func (w *walk) visit(v starlark.Value, depth int) error {
	if depth > maxDepth {
		return tooDeep()
	}
	if w.nodes++; w.nodes >= 4096 {
		if err := w.m.steps(w.nodes); err != nil {
			return err
		}
		w.seen, w.nodes = w.seen+w.nodes, 0
	}
	if w.most > 0 && w.seen+w.nodes > w.most {
		return fmt.Errorf("a %s with more than %d parts cannot be a key", v.Type(), w.most)
	}
	switch v := v.(type) {
	case starlark.String:
		return w.text(len(v))
	case starlark.Bytes:
		return w.text(len(v))
	case *starlark.List:
		for i := range v.Len() {
			if err := w.visit(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case starlark.Tuple:
		for _, elem := range v {
			if err := w.visit(elem, depth+1); err != nil {
				return err
			}
		}
	case *starlark.Dict:
		for key, value := range v.Entries() {
			if err := w.visit(key, depth+1); err != nil {
				return err
			}
			if err := w.visit(value, depth+1); err != nil {
				return err
			}
		}
	case *starlark.Set:
		for elem := range v.Elements() {
			if err := w.visit(elem, depth+1); err != nil {
				return err
			}
		}
	case *record:
		for _, value := range v.values {
			if err := w.visit(value, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) text(n int) error {
	if w.nodes += n / 64; w.most > 0 && w.seen+w.nodes > w.most {
		return fmt.Errorf("text with more than %d bytes cannot be a key", 64*w.most)
	}
	return nil
}

func tooDeep() error {
	return fmt.Errorf("the value is nested deeper than %d levels, or contains itself", maxDepth)
}
