package wasm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// Errors tell the lines that the author wrote, whether the SDK says them or nobody caught them.
func TestScriptLines(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"workflow.toml": "language = \"typescript\"\n[[workflow]]\ntype = \"order\"\n[[workflow]]\ntype = \"loose\"\n",
		"src/main.ts": `import { charge } from "./lib/charge";

interface Order { id: string }

export async function order(order: Order): Promise<void> {
  charge(order.id);
}

export async function loose(order: Order) {
  void (async () => charge(order.id))();
}
`,
		"src/lib/charge.ts": `export function charge(id: string): never {

  throw new RangeError("no " + id);
}
`,
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := project.Build(dir)
	if missing := (*project.NoInterpreter)(nil); errors.As(err, &missing) {
		t.Skipf("NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &catalog.Archive{Manifest: b.Manifest, Version: b.Version, Modules: b.Modules}
	p, err := wasm.Compiler{Room: newRoom(t, wasm.Config{})}.Compile(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{
		`WorkflowFailed {"error":{"kind":"failed","message":"RangeError: no 7","details":{"stack":["main.ts:6 in order","lib/charge.ts:3 in charge"]}}}`,
		`WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"RangeError: no 7","details":{"stack":["main.ts:10 in loose","main.ts:10","lib/charge.ts:3 in charge"]}}}`,
	} {
		w := runtimetest.NewWorld(t, p, a.Members()[n], `{"id":"7"}`, runtime.Limits{})
		if got := runtimetest.Show(t, w.Turn().Asked); got != want+"\n" {
			t.Errorf("got %s, want %s", got, want)
		}
		w.Machine.Close()
	}
}

// A file that fails while it is loaded is told by its line alone.
func TestScriptFailsToLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"workflow.toml": "language = \"typescript\"\n[[workflow]]\ntype = \"order\"\n",
		"main.ts":       "\nthrow new Error(\"top\");\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, err := project.Build(dir)
	if missing := (*project.NoInterpreter)(nil); errors.As(err, &missing) {
		t.Skipf("NOT TESTED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = wasm.Compiler{Room: newRoom(t, wasm.Config{})}.Compile(context.Background(), &catalog.Archive{Manifest: b.Manifest, Version: b.Version, Modules: b.Modules})
	if err == nil || !strings.HasSuffix(err.Error(), ": top, at main.ts:2") {
		t.Errorf("%v", err)
	}
}
