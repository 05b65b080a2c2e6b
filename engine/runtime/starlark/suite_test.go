package starlark_test

import (
	"context"
	"os"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
)

func TestSuite(t *testing.T) {
	runtimetest.Run(t, compileCase)
}

func compileCase(t *testing.T, c runtimetest.Case) (runtime.Program, catalog.Member) {
	source, err := os.ReadFile("testdata/suite/" + c.Name + ".star")
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, string(source), c.Activities...), runtimetest.Member
}

// A turn of earlier rules continues as new with what its input was before handlers had ended.
func TestContinuesByEarlierRules(t *testing.T) {
	runtimetest.RunCases(t, compileCase, runtimetest.Case{Name: "handlers-note", Rules: 4, Lines: []runtimetest.Line{
		{In: "signal a 1 ; signal end null", Out: "TimerStarted {\"id\":2,\"duration\":\"1s\"}\nwaits: timer 2"},
		{In: "fire 2", Out: "WorkflowContinuedAsNew {\"input\":[]}\ncloses"},
	}})
}

// compile makes a program of one module, whose function run is the member of runtimetest.
func compile(t testing.TB, source string, activities ...string) runtime.Program {
	t.Helper()
	return compileOf(t, 1, source, activities...)
}

// compileOf is compile for an abi.
func compileOf(t testing.TB, abi int, source string, activities ...string) runtime.Program {
	t.Helper()
	p, err := starlark.Compiler{}.Compile(context.Background(), &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: abi, Activities: activities,
			Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: "run"}}},
		Version: catalog.Version{1},
		Modules: []catalog.Module{{Name: "test.star", Source: []byte(source)}},
	})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}
