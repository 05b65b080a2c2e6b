package starlark

import (
	"maps"
	"reflect"
	"slices"
	"unsafe"

	"go.starlark.net/starlark"
)

// remeasure lowers the account, at a wait, to what the code still holds. It only looks at local
// variables, so it must be sure that these hold everything: every function on the stack must be at
// a clean call (see rewrite.go), and no builtin except the waiting one may be running. Otherwise,
// or if little was built since the last time, the account stays as it is, which is the safe
// direction.
func (m *meter) remeasure() {
	if m.since < m.limits.MemoryBytes/8 {
		return
	}
	live := census{m: m, seen: make(map[any]bool)}
	for _, f := range m.exec.fibers {
		if !live.frames(f.m) {
			return
		}
		if f.kept != nil {
			live.add(f.kept)
		}
	}
	for _, handlers := range []map[string]starlark.Callable{m.exec.handlers, m.exec.signals, m.exec.updates, m.exec.validators} {
		for _, name := range slices.Sorted(maps.Keys(handlers)) {
			live.add(handlers[name])
		}
	}
	live.walk()
	for v := range m.chains {
		if !live.seen[v] {
			delete(m.chains, v)
		}
	}
	for v := range m.shrunk {
		if !live.seen[v] {
			delete(m.shrunk, v)
		}
	}
	m.used, m.since = live.bytes, 0
}

// frames adds the local variables of a thread that waits. It returns false if they may not be all.
func (c *census) frames(m *meter) bool {
	for depth := range m.thread.CallStackDepth() {
		frame := m.thread.DebugFrame(depth)
		fn, ok := frame.Callable().(*starlark.Function)
		if !ok {
			if depth > 0 {
				return false
			}
			continue
		}
		if !m.exec.program.clean[siteOf(frame.Position())] {
			return false
		}
		c.add(fn)
		for i := range frame.NumLocals() {
			if _, v := frame.Local(i); v != nil && !c.local(v) {
				return false
			}
		}
	}
	return true
}

// census sums up what is reachable.
type census struct {
	m     *meter
	seen  map[any]bool // pointers and spans
	todo  []starlark.Value
	bytes uint64
}

// span identifies a tuple, since tuples may share elements.
type span struct {
	first *starlark.Value
	n     int
}

// local adds a local variable. A variable that closures share is in a cell, which the interpreter
// keeps to itself; local returns false if it cannot read that cell.
func (c *census) local(v starlark.Value) bool {
	if v.Type() != "cell" {
		c.add(v)
		return true
	}
	p := reflect.ValueOf(v)
	if p.Kind() != reflect.Pointer || p.Elem().Kind() != reflect.Struct || p.Elem().NumField() != 1 {
		return false
	}
	field := p.Elem().Field(0)
	if field.Type() != reflect.TypeFor[starlark.Value]() {
		return false
	}
	if inner := *(*starlark.Value)(unsafe.Pointer(field.UnsafeAddr())); inner != nil {
		c.add(inner)
	}
	return true
}

func (c *census) add(v starlark.Value) { c.todo = append(c.todo, v) }

// once reports whether a shared value is seen for the first time.
func (c *census) once(p any) bool {
	if c.seen[p] {
		return false
	}
	c.seen[p] = true
	return true
}

// walk visits the values on the list and everything that they refer to. It does not recurse on the
// Go stack, because values may be deep.
func (c *census) walk() {
	for c.visitNext() {
	}
}

// visitNext visits the newest value on the list; it returns false if there is none.
func (c *census) visitNext() bool {
	if len(c.todo) == 0 {
		return false
	}
	v := c.todo[len(c.todo)-1]
	c.todo = c.todo[:len(c.todo)-1]
	c.visit(v)
	return true
}

func (c *census) visit(v starlark.Value) {
	switch v := v.(type) {
	case *starlark.List:
		if !c.once(v) {
			return
		}
		for i := range v.Len() {
			c.add(v.Index(i))
		}
		c.bytes += costElem * uint64(max(0, c.m.shrunk[v]-v.Len()))
	case *starlark.Dict:
		if !c.once(v) {
			return
		}
		for key, value := range v.Entries() {
			c.add(key)
			c.add(value)
		}
		c.bytes += costEntry * uint64(max(0, c.m.shrunk[v]-v.Len()))
	case *starlark.Set:
		if !c.once(v) {
			return
		}
		for elem := range v.Elements() {
			c.add(elem)
		}
		c.bytes += costEntry * uint64(max(0, c.m.shrunk[v]-v.Len()))
	case starlark.Tuple:
		if len(v) > 0 && !c.once(span{&v[0], len(v)}) {
			return
		}
		c.todo = append(c.todo, v...)
	case *starlark.Function:
		if !c.once(v) {
			return
		}
		for i := range v.NumFreeVars() {
			if _, free := v.FreeVar(i); free != nil {
				c.add(free)
			}
		}
		for i := range v.NumParams() {
			if d := v.ParamDefault(i); d != nil {
				c.add(d)
			}
		}
	case *starlark.Builtin:
		if recv := v.Receiver(); recv != nil {
			c.add(recv)
		}
	case *record:
		if !c.once(v) {
			return
		}
		c.todo = append(c.todo, v.values...)
	case *future:
		if !c.once(v) {
			return
		}
		if v.value != nil {
			c.add(v.value)
		}
		if v.outcome != nil {
			c.add(v.outcome)
		}
	case *handle:
		c.bytes += uint64(len(v.id))
	case *elems:
		c.bytes += uint64(len(v.s))
	case *codepoints:
		c.bytes += uint64(len(v.s))
	}
	c.bytes += shallow(v)
}
