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

type walk struct {
	m     *meter
	nodes int
}

func (w *walk) visit(v starlark.Value, depth int) error {
	if depth > maxDepth {
		return tooDeep()
	}
	if w.nodes++; w.nodes >= 4096 {
		if err := w.m.steps(w.nodes); err != nil {
			return err
		}
		w.nodes = 0
	}
	switch v := v.(type) {
	case starlark.String:
		w.nodes += len(v) / 64
	case starlark.Bytes:
		w.nodes += len(v) / 64
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

func tooDeep() error {
	return fmt.Errorf("the value is nested deeper than %d levels, or contains itself", maxDepth)
}
