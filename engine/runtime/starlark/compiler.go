package starlark

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// Compiler makes programs from Starlark packages. The zero value is ready to use, with the default
// limits for top levels.
type Compiler struct {
	Limits runtime.Limits // steps and memory of all top levels of a package together
}

var _ runtime.Compiler = Compiler{}

// Compile implements runtime.Compiler.
func (c Compiler) Compile(ctx context.Context, archive *catalog.Archive) (_ runtime.Program, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &runtime.Crash{Value: v, Stack: debug.Stack()}
		}
	}()
	abi := archive.Manifest.ABI
	if dialects[abi] == nil {
		return nil, &runtime.PackageError{Reason: fmt.Sprintf("the package is written for abi %d, this version of Aion has abi %d to %d", abi, catalog.ABI, catalog.MaxABI)}
	}
	p := &program{version: archive.Version, abi: abi, activities: make(map[string]bool), entries: make(map[string]*starlark.Function), clean: make(map[site]bool), returns: make(returns)}
	for _, name := range archive.Manifest.Activities {
		p.activities[name] = true
	}
	l, err := newLoader(ctx, abi, p.clean, archive.Modules, c.Limits.OrDefault())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { l.meter.interrupt(context.Cause(ctx)) })
	defer stop()
	for _, module := range archive.Modules {
		if _, err := l.load(module.Name); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, cause
			}
			return nil, l.explain(module.Name, err)
		}
	}
	for _, w := range archive.Manifest.Workflows {
		fn, err := l.entry(w)
		if err != nil {
			return nil, err
		}
		at := siteOf(fn.Position())
		p.entries[w.Type], p.returns[at] = fn, l.returns[at]
	}
	return p, nil
}

// explain turns an error of a module into a PackageError.
func (l *loader) explain(module string, err error) error {
	if e := (*runtime.PackageError)(nil); errors.As(err, &e) {
		return e
	}
	e := &runtime.PackageError{Module: module, Reason: err.Error()}
	if eval := innermost(err); eval != nil {
		e.Reason = eval.Msg
		_, e.Stack = trace(eval)
		for _, frame := range slices.Backward(eval.CallStack) {
			if frame.Pos.Line > 0 {
				e.Module, e.Line, e.Column = frame.Pos.Filename(), int(frame.Pos.Line), int(frame.Pos.Col)
				break
			}
		}
	}
	if l.meter.passed != nil {
		e.Reason = l.meter.passed.Message
	}
	return e
}

// innermost returns the error at its origin: a load wraps the error of the module that it loads.
func innermost(err error) (found *starlark.EvalError) {
	for eval := (*starlark.EvalError)(nil); errors.As(err, &eval); err = eval.Unwrap() {
		found = eval
	}
	return found
}

// entry returns the entry function of a workflow type.
func (l *loader) entry(w catalog.Workflow) (*starlark.Function, error) {
	file := w.EntryModule + ".star"
	m := l.modules[file]
	if m == nil {
		return nil, &runtime.PackageError{Module: file, Reason: fmt.Sprintf("entry module %q of workflow type %q is not in the package", w.EntryModule, w.Type)}
	}
	v, ok := m.globals[w.EntryFunction]
	if !ok {
		return nil, &runtime.PackageError{Module: file, Reason: fmt.Sprintf("entry function %q of workflow type %q is not defined", w.EntryFunction, w.Type)}
	}
	fn, ok := v.(*starlark.Function)
	if !ok {
		return nil, &runtime.PackageError{Module: file, Reason: fmt.Sprintf("entry function %q of workflow type %q is a %s", w.EntryFunction, w.Type, v.Type())}
	}
	if !accepts(fn, 2) {
		at := fn.Position()
		return nil, &runtime.PackageError{Module: at.Filename(), Line: int(at.Line), Column: int(at.Col),
			Reason: fmt.Sprintf("entry function %q of workflow type %q must take (ctx, input)", w.EntryFunction, w.Type)}
	}
	return fn, nil
}

// accepts reports whether fn can be called with n positional arguments.
func accepts(fn *starlark.Function, n int) bool {
	params := fn.NumParams()
	if fn.HasKwargs() {
		params--
	}
	if fn.HasVarargs() {
		params--
	}
	positional := params - fn.NumKwonlyParams()
	for i := range params {
		if required := fn.ParamDefault(i) == nil; required && (i >= positional || i >= n) {
			return false
		}
	}
	return positional >= n || fn.HasVarargs()
}

// program is one compiled version.
type program struct {
	version    catalog.Version
	abi        int
	activities map[string]bool
	entries    map[string]*starlark.Function // by workflow type
	clean      map[site]bool
	returns    returns // of the entry functions
}

// Version implements runtime.Program.
func (p *program) Version() catalog.Version { return p.version }

// Declares implements runtime.Program.
func (p *program) Declares(activity string) bool { return p.activities[activity] }

// Start implements runtime.Program.
func (p *program) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	e := &execution{program: p, entry: entry, input: input, limits: limits.OrDefault()}
	e.host = patient{host, e}
	e.account = &account{limit: e.limits.Steps}
	return e
}
