package starlark

import (
	"fmt"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

// A query handler only reads, so that one execution answers any number of queries, and goes on with
// the run in between. A handler may change values that it made itself. All other values belong to
// the run: everything that its closures and the run's futures refer to. Freezing them would be
// permanent, so every operation that changes a value asks here first.

// changing holds the names of the methods that change their receiver.
var changing = map[string]bool{
	"add": true, "append": true, "clear": true, "discard": true, "extend": true, "insert": true,
	"pop": true, "popitem": true, "remove": true, "setdefault": true, "update": true,
}

// change rejects a change of v if the thread may not change it.
func (m *meter) change(v starlark.Value) error {
	if !m.reads || m.exec == nil {
		return nil
	}
	switch v.(type) {
	case *starlark.List, *starlark.Dict, *starlark.Set:
	default:
		return nil // values of other types cannot change
	}
	if m.found == nil {
		// Nothing has been changed so far, so what is reachable now existed before the query.
		found, err := m.reachable()
		if err != nil {
			return err
		}
		m.found = found
	}
	if m.found[v] {
		return fmt.Errorf("%w; this %s is the run's own: copy it to change it", runtime.ErrReadOnly, v.Type())
	}
	return nil
}

// reachable returns what the handlers of the run can reach. It does not include values that only
// the handler has built.
func (m *meter) reachable() (map[any]bool, error) {
	c := census{m: m, seen: make(map[any]bool)}
	for _, name := range m.exec.Queries() {
		c.add(m.exec.handlers[name])
	}
	if m.root != nil {
		c.add(m.root)
	}
	const batch = 1024
	for n := 1; c.visitNext(); n++ {
		if n%batch == 0 {
			if err := m.steps(batch); err != nil {
				return nil, err
			}
		}
	}
	return c.seen, nil
}
