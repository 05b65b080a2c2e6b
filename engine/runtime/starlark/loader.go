package starlark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// dialects are the languages, by abi. What the names mean is in predeclared.
var dialects = map[int]*syntax.FileOptions{
	1: {Set: true, While: true, TopLevelControl: true, GlobalReassign: true},
	2: {Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true},
}

// loader compiles the modules of a package and runs their top levels, each once, on one thread.
type loader struct {
	ctx       context.Context
	abi       int
	sources   map[string][]byte
	modules   map[string]*module
	clean     map[site]bool
	returns   returns
	functions int
	meter     *meter
}

// module is one source file; globals are nil while its top level runs.
type module struct {
	name    string
	globals starlark.StringDict
}

func newLoader(ctx context.Context, abi int, clean map[site]bool, sources []catalog.Module, limits runtime.Limits) (*loader, error) {
	l := &loader{ctx: ctx, abi: abi, sources: make(map[string][]byte), modules: make(map[string]*module), clean: clean, returns: make(returns)}
	if len(sources) > maxModules {
		return nil, &runtime.PackageError{Reason: fmt.Sprintf("the package has %d modules, the limit is %d", len(sources), maxModules)}
	}
	total := 0
	for _, s := range sources {
		if total += len(s.Source); len(s.Source) > maxModuleBytes || total > maxPackageBytes {
			return nil, &runtime.PackageError{Module: s.Name, Reason: fmt.Sprintf("a module may have %d bytes and all modules together %d", maxModuleBytes, maxPackageBytes)}
		}
		if s.Name != s.Stem()+".star" {
			return nil, &runtime.PackageError{Module: s.Name, Reason: "there is no runtime for this kind of module"}
		}
		l.sources[s.Name] = s.Source
	}
	l.meter = newMeter("top level", nil, limits)
	l.meter.abi = abi
	l.meter.begin(true)
	l.meter.thread.Load = func(_ *starlark.Thread, name string) (starlark.StringDict, error) { return l.load(name) }
	return l, nil
}

// load returns the globals of a module, after compiling, running and freezing it.
func (l *loader) load(name string) (starlark.StringDict, error) {
	if m, ok := l.modules[name]; ok {
		if m.globals == nil {
			return nil, errors.New("the modules load each other in a cycle")
		}
		return m.globals, nil
	}
	source, ok := l.sources[name]
	if !ok {
		return nil, errors.New("the package has no such module (paths start at modules/)")
	}
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	m := &module{name: name}
	l.modules[name] = m
	compiled, err := l.compile(name, source)
	if err != nil {
		return nil, err
	}
	globals, err := compiled.Init(l.meter.thread, predeclared[l.abi])
	if err != nil {
		return nil, err
	}
	if err := l.meter.freeze(name, globals); err != nil {
		return nil, err
	}
	m.globals = globals
	return globals, nil
}

// compile parses, rewrites and compiles one module.
func (l *loader) compile(name string, source []byte) (*starlark.Program, error) {
	if i := bytes.IndexByte(source, 0); i >= 0 { // the scanner takes it for the end of file, so text after it would look like code but not run
		line := 1 + bytes.Count(source[:i], []byte("\n"))
		return nil, &runtime.PackageError{Module: name, Line: line, Column: i - bytes.LastIndexByte(source[:i], '\n'), Reason: "the source has a NUL byte"}
	}
	file, err := dialects[l.abi].Parse(name, source, 0)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	r := &rewriter{file: file, recursion: l.abi > 1, clean: l.clean, functions: l.functions}
	if err := r.rewrite(); err != nil {
		return nil, err
	}
	l.functions = r.functions
	l.returns.collect(file)
	compiled, err := starlark.FileProgram(file, predeclared[l.abi].Has)
	if err != nil {
		return nil, hinted(l.abi, syntaxError(name, err))
	}
	return compiled, nil
}

// hinted says of a name that only a newer abi has where to ask for that.
func hinted(abi int, e *runtime.PackageError) *runtime.PackageError {
	if name, ok := strings.CutPrefix(e.Reason, "undefined: "); ok && !predeclared[abi].Has(name) {
		if at := since(name); at > 0 {
			e.Reason += fmt.Sprintf(": it is part of abi %d; the package is written for abi %d (set abi = %d in workflow.toml)", at, abi, at)
		}
	}
	return e
}

// syntaxError adds the position to an error of the parser or the resolver. If there are several
// errors, the first one counts.
func syntaxError(name string, err error) *runtime.PackageError {
	e := &runtime.PackageError{Module: name, Reason: err.Error()}
	var parse syntax.Error
	var names resolve.ErrorList
	switch {
	case errors.As(err, &parse):
		e.Line, e.Column, e.Reason = int(parse.Pos.Line), int(parse.Pos.Col), parse.Msg
	case errors.As(err, &names) && len(names) > 0:
		e.Line, e.Column, e.Reason = int(names[0].Pos.Line), int(names[0].Pos.Col), names[0].Msg
	}
	return e
}
