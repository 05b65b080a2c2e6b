package replay_test

import (
	"context"
	"os"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program compiles one module whose run(ctx, input) is the member of runtimetest.
func program(t testing.TB, source string) runtime.Program {
	t.Helper()
	p, err := starlark.Compiler{}.Compile(context.Background(), &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 1, Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: "run"}}, Activities: []string{"charge"}},
		Version:  catalog.Version{1},
		Modules:  []catalog.Module{{Name: "test.star", Source: []byte(source)}},
	})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

// run starts a run of source.
func run(t testing.TB, source, input string) *runtimetest.World {
	t.Helper()
	return runtimetest.NewWorld(t, program(t, source), runtimetest.Member, input, runtime.Limits{})
}

func file(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
