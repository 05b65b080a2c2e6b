package startest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	star "go.starlark.net/starlark"
)

// limits bound what the top levels of one file, and the code of one test, compute and build.
var limits = runtime.Limits{Steps: 10_000_000_000, MemoryBytes: 1 << 30}

// Suite is a compiled file of tests.
type Suite struct {
	File  string
	Tests []Test // in the order of the file

	abi        int
	globals    star.StringDict
	activities []string
}

// Test names a test of a suite.
type Test struct {
	Name string
	Line int
}

// Load compiles a file of tests. modules contains it and everything that it may load. activities
// are the ones that the package declares, abi is its own. Errors of the file are
// *runtime.PackageError.
func Load(ctx context.Context, modules []catalog.Module, file string, abi int, activities []string) (*Suite, error) {
	scripts, err := starlark.NewScripts(ctx, abi, modules, limits)
	if err != nil {
		return nil, err
	}
	s := &Suite{File: file, abi: abi, activities: activities}
	if s.globals, err = scripts.Globals(file); err != nil {
		return nil, err
	}
	for _, name := range s.globals.Keys() {
		if !strings.HasPrefix(name, "test_") {
			continue
		}
		fn, ok := s.globals[name].(*star.Function)
		if !ok {
			return nil, &runtime.PackageError{Module: file, Reason: fmt.Sprintf("%s is a %s: every name that starts with test_ must be a test: a function of t", name, s.globals[name].Type())}
		}
		at := fn.Position()
		if at.Filename() != file {
			continue // loaded from another file, which owns the test
		}
		if fn.NumParams() != 1 || fn.HasVarargs() || fn.HasKwargs() {
			return nil, &runtime.PackageError{Module: file, Line: int(at.Line), Column: int(at.Col), Reason: name + " must take one argument: t"}
		}
		s.Tests = append(s.Tests, Test{Name: name, Line: int(at.Line)})
	}
	slices.SortFunc(s.Tests, func(a, b Test) int { return a.Line - b.Line })
	return s, nil
}

// Begin prepares one test of the suite; say receives what it prints.
func (s *Suite) Begin(t Test, say func(string)) *Running {
	return &Running{
		fn: s.globals[t.Name].(*star.Function), abi: s.abi, declared: s.activities, onPrint: say,
		main: starlark.NewThread(t.Name, s.abi, limits, say), stubs: make(map[string]star.Value), calls: make(map[string][]call),
	}
}

// Running is one test while it runs. Its methods, except Interrupt, belong to one goroutine.
type Running struct {
	fn       *star.Function
	abi      int
	declared []string
	onPrint  func(string)
	main     *starlark.Thread
	world    World
	stubs    map[string]star.Value
	calls    map[string][]call

	interrupts interrupts
}

// Run runs the test in a world of its own. An error is a *starlark.ScriptError.
func (r *Running) Run(w World) error {
	r.world = w
	defer r.interrupts.watch(r.main)()
	_, err := r.main.Call(r.fn, &tester{r})
	return err
}

// Interrupt makes the code of the test end soon with cause. It may be called from any goroutine. It
// does not wake the World.
func (r *Running) Interrupt(cause error) { r.interrupts.raise(cause) }
