package starlark

import (
	"fmt"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

// freeze freezes a module's globals, after checking that the interpreter's own freezing terminates.
// That stops at lists, dicts and sets that are already frozen, but walks tuples and closures as
// trees, so a closure that refers to itself would overflow the stack, which nothing can catch.
func (m *meter) freeze(module string, globals starlark.StringDict) error {
	w := freezeWalk{m: m, known: make(map[any]freezing)}
	for _, name := range globals.Keys() { // one by one: what is already frozen ends the recursion for later globals
		if _, err := w.visit(globals[name], 0); err != nil {
			if m.passed != nil {
				return err
			}
			return &runtime.PackageError{Module: module, Reason: fmt.Sprintf("global %s cannot be frozen: %v", name, err)}
		}
		globals[name].Freeze()
	}
	return nil
}

// freezeWalk walks the values that freezing will walk, in the same order. It visits each value
// once.
type freezeWalk struct {
	m     *meter
	known map[any]freezing // by pointer or span
}

// freezing is the cost of freezing a value once more.
type freezing struct{ calls, height int }

var (
	leaf   = freezing{calls: 1}
	onPath = freezing{calls: -1} // for a value that is being visited
)

// maxFreeze bounds the calls that freezing one value makes through tuples and closures.
const maxFreeze = 1 << 20

// visit returns the cost of freezing v, without what is below a list, dict or set, which is frozen
// by then.
func (w *freezeWalk) visit(v starlark.Value, depth int) (freezing, error) {
	if depth > maxDepth {
		return leaf, tooDeep()
	}
	if err := w.m.steps(1); err != nil {
		return leaf, err
	}
	switch v := v.(type) {
	case *starlark.List:
		return w.container(v, v, depth)
	case *starlark.Set:
		return w.container(v, v, depth)
	case *starlark.Dict:
		if _, seen := w.known[v]; seen {
			return leaf, nil
		}
		w.known[v] = leaf
		for key, value := range v.Entries() {
			if _, err := w.all(depth, key, value); err != nil {
				return leaf, err
			}
		}
		return leaf, nil
	case starlark.Tuple:
		if len(v) == 0 {
			return leaf, nil
		}
		return w.tree(span{&v[0], len(v)}, v, v, depth)
	case *record:
		return w.tree(v, v, v.values, depth)
	case *starlark.Function:
		var parts []starlark.Value
		for i := range v.NumFreeVars() {
			if _, free := v.FreeVar(i); free != nil {
				parts = append(parts, free)
			}
		}
		for i := range v.NumParams() {
			if d := v.ParamDefault(i); d != nil {
				parts = append(parts, d)
			}
		}
		return w.tree(v, v, parts, depth)
	case *starlark.Builtin:
		if recv := v.Receiver(); recv != nil {
			return w.tree(v, v, []starlark.Value{recv}, depth)
		}
	}
	return leaf, nil
}

// container visits a value that is frozen once, so coming back to it is harmless.
func (w *freezeWalk) container(key any, v starlark.Iterable, depth int) (freezing, error) {
	if _, seen := w.known[key]; seen {
		return leaf, nil
	}
	w.known[key] = leaf
	for elem := range starlark.Elements(v) {
		if _, err := w.visit(elem, depth+1); err != nil {
			return leaf, err
		}
	}
	return leaf, nil
}

// tree visits a value that is frozen each time it is reached, so coming back to it is not harmless.
func (w *freezeWalk) tree(key any, v starlark.Value, parts []starlark.Value, depth int) (freezing, error) {
	if f, seen := w.known[key]; f == onPath {
		return leaf, fmt.Errorf("a %s refers to itself", v.Type())
	} else if depth+f.height > maxDepth {
		return leaf, tooDeep()
	} else if seen {
		return f, nil
	}
	w.known[key] = onPath
	f, err := w.all(depth, parts...)
	if err != nil {
		return leaf, err
	}
	f.calls++
	f.height++
	if f.calls > maxFreeze {
		return leaf, fmt.Errorf("it shares so many parts that freezing it takes more than %d steps", maxFreeze)
	}
	w.known[key] = f
	return f, nil
}

func (w *freezeWalk) all(depth int, parts ...starlark.Value) (sum freezing, err error) {
	for _, part := range parts {
		f, err := w.visit(part, depth+1)
		if err != nil {
			return leaf, err
		}
		sum.calls = min(sum.calls+f.calls, maxFreeze+1)
		sum.height = max(sum.height, f.height)
	}
	return sum, nil
}
