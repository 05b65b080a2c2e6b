package starlark

import (
	"strings"

	"aion.dev/aion/engine/runtime"
	"go.starlark.net/starlark"
)

var _ runtime.Inspected = (*execution)(nil)

// Stacks implements runtime.Inspected. The values are printed on an account of their own, which is
// never looked at again.
func (e *execution) Stacks() (all []runtime.Stack) {
	for _, f := range e.fibers {
		s := runtime.Stack{Name: f.m.thread.Name}
		for depth := f.m.thread.CallStackDepth() - 1; depth >= 0; depth-- {
			frame := f.m.thread.DebugFrame(depth)
			fn, ok := frame.Callable().(*starlark.Function)
			if !ok {
				continue // ctx.sleep and the like, and guards
			}
			shown := runtime.Frame{At: frame.Position().String(), Function: fn.Name()}
			for i := range frame.NumLocals() {
				local, v := frame.Local(i)
				if v = content(v); worthShowing(v) && !strings.HasPrefix(local.Name, "$") {
					shown.Locals = append(shown.Locals, runtime.Local{Name: local.Name, Value: e.show(v)})
				}
			}
			for i := range fn.NumFreeVars() {
				free, v := fn.FreeVar(i)
				if v = content(v); worthShowing(v) {
					shown.Locals = append(shown.Locals, runtime.Local{Name: free.Name, Value: e.show(v)})
				}
			}
			s.Frames = append(s.Frames, shown)
		}
		all = append(all, s)
	}
	return all
}

// worthShowing reports whether a variable has a value that tells something: ctx is always the same.
func worthShowing(v starlark.Value) bool {
	_, context := v.(*workflow)
	return v != nil && !context
}

// content returns what is in a cell, for a variable that closures share; nil if it has no value.
func content(v starlark.Value) starlark.Value {
	if v == nil || v.Type() != "cell" {
		return v
	}
	c := census{}
	if !c.local(v) || len(c.todo) == 0 {
		return nil
	}
	return c.todo[0]
}

func (e *execution) show(v starlark.Value) string {
	const most = 500
	m := newMeter("shown", nil, runtime.DefaultLimits())
	m.begin(false)
	p := printer{m: m, most: most}
	if err := p.value(v, 0); err != nil {
		return v.Type()
	}
	if len(p.buf) > most {
		return strings.ToValidUTF8(string(p.buf[:most]), "") + "..."
	}
	return string(p.buf)
}
