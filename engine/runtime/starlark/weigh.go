package starlark

import (
	"fmt"

	"go.starlark.net/starlark"
)

// weigh walks v as the tree that comparing, hashing or freezing would walk, and charges steps for
// it. Values with shared parts are trees of exponential size (t = (t, t)), and those that contain
// themselves are endless: the walk ends with an error at maxDepth, or at the step limit.
func (m *meter) weigh(v starlark.Value) error {
	switch v := v.(type) { // scalars first: this is on the path of every comparison and dict access
	case starlark.String:
		if len(v) < 256 {
			return nil
		}
	case starlark.Int:
		if _, small := v.Int64(); small {
			return nil
		}
	case starlark.NoneType, starlark.Bool, starlark.Float:
		return nil
	}
	w := walk{m: m}
	if err := w.visit(v, 0); err != nil {
		return err
	}
	return m.steps(w.nodes)
}

// key charges for looking up v in a dict or set, or adding it; nil means an empty one. See
// chains.go.
func (m *meter) key(v, in starlark.Value) error { return m.keyAmong(v, in, 0) }

// keyAmong is key with more elements in v's bucket than those that are already there.
func (m *meter) keyAmong(v, in starlark.Value, more int) error {
	parts := 1
	switch v := v.(type) {
	case starlark.NoneType, starlark.Bool:
		return nil
	case starlark.Int, starlark.Float:
	case starlark.String:
		if len(v) < 12 {
			break
		}
		if len(v) < 256 {
			return nil
		}
		w := walk{m: m, most: maxKey}
		if err := w.visit(v, 0); err != nil {
			return err
		}
		return m.steps(w.nodes)
	default:
		w := walk{m: m, most: maxKey}
		if err := w.visit(v, 0); err != nil {
			return err
		}
		if err := m.steps(w.nodes); err != nil {
			return err
		}
		parts = w.seen + w.nodes
	}
	if in != nil {
		chain, err := m.chainLength(in, v)
		if err != nil {
			return err
		}
		more += chain
	}
	return m.steps(compareCost(v, more, parts))
}

// isSmall reports whether no other small number has the same hash.
func isSmall(i starlark.Int) bool {
	n, ok := i.Int64()
	return ok && n >= -1<<31 && n < 1<<31
}

// keys charges for adding all elements of v to a dict or set, or looking them up there; nil means
// an empty one.
func (m *meter) keys(v, in starlark.Value) error {
	elements, ok := v.(starlark.Iterable)
	if !ok {
		return nil
	}
	var own *chains
	if length(v) > uncounted {
		own = newChains(length(v))
	}
	for elem := range starlark.Elements(elements) {
		more := 0
		if own != nil {
			more = own.add(elem)
		}
		if err := m.keyAmong(elem, in, more); err != nil {
			return err
		}
	}
	return m.steps(length(v))
}

type walk struct {
	m     *meter
	nodes int // not yet charged
	seen  int
	most  int // if > 0, reject values with more parts
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
	case starlark.Int:
		if _, small := v.Int64(); !small && w.most == 0 {
			w.nodes += v.BigInt().BitLen() / 512
		}
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
		if err := w.m.steps(w.m.lookupCost(v)); err != nil {
			return err
		}
		for key, value := range v.Entries() {
			if err := w.visit(key, depth+1); err != nil {
				return err
			}
			if err := w.visit(value, depth+1); err != nil {
				return err
			}
		}
	case *starlark.Set:
		if err := w.m.steps(w.m.lookupCost(v)); err != nil {
			return err
		}
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
