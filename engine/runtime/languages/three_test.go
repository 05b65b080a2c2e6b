package languages_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/wasm"
	gosdk "aion.dev/aion/sdk/go"
)

// The same workflow in three languages: it waits for a signal and has a child of another one.
var three = map[string]map[string]string{
	"typescript": {
		"workflow.toml": "language = \"typescript\"\n[[workflow]]\ntype = \"order\"\n[[workflow]]\ntype = \"receipt\"\nentry_module = \"receipt\"\n",
		"main.ts": `import { child, signal } from "@aion/workflow";
			export async function order(n: number) { return [await signal("go"), await child("label", n)]; }`,
		"receipt.star": "def run(ctx, n):\n    return [ctx.signal(\"go\"), ctx.child(\"order\", n)]\n",
	},
	"go": {
		"workflow.toml": "language = \"go\"\n[[workflow]]\ntype = \"label\"\nentry_function = \"Label\"\n",
		"go.mod":        "module label\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n",
		"label.go": `package main
			import "aion.dev/aion/sdk/go/workflow"
			func main() { workflow.RegisterFunc(Label) }
			func Label(ctx workflow.Context, n int) ([]any, error) {
				payload, err := workflow.Signal[any](ctx, "go")
				if err != nil {
					return nil, err
				}
				kid, err := workflow.Child[any](ctx, "receipt", n)
				return []any{payload, kid}, err
			}`,
	},
}

// A package has types in three languages: a run of each asks for the same, and is rebuilt by replay
// after every turn.
func TestThreeLanguages(t *testing.T) {
	if _, err := project.Interpreter(); err != nil {
		t.Skipf("SKIPPED: nothing shows that TypeScript works beside other languages: %v", err)
	}
	a := &catalog.Archive{Manifest: catalog.Manifest{Format: 1, ABI: 2}, Version: catalog.Version{1}}
	for language, files := range three {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if language == "go" {
			if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
				t.Fatal(err)
			}
		}
		built, err := project.Build(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range built.Modules {
			if m.Name == "main.wasm" {
				m.Name = "label.wasm"
			}
			a.Modules = append(a.Modules, m)
		}
		for _, w := range built.Manifest.Workflows {
			if w.Type == "label" {
				w.EntryModule = "label"
			}
			a.Manifest.Workflows = append(a.Manifest.Workflows, w)
		}
	}
	room := &wasm.Lazy{}
	defer func() { _ = room.Close() }()
	p, err := languages.Compiler{Room: room}.Compile(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	kids := map[string]string{"order": "label", "label": "receipt", "receipt": "order"}
	for _, m := range a.Members() {
		kid := kids[m.Type]
		delete(kids, m.Type)
		runtimetest.RunCases(t, func(*testing.T, runtimetest.Case) (runtime.Program, catalog.Member) { return p, m },
			runtimetest.Case{Name: m.Type, Input: "7", Lines: []runtimetest.Line{
				{In: "turn", Out: `waits: signal 1 go`},
				{In: `signal go {"a":1}`, Out: `ChildWorkflowStarted {"id":2,"workflow_id":"07000000-0000-0000-0000-000000000000:2","workflow_type":"` + kid + `","input":7}
					waits: child 2...`},
				{In: "child 2 [true]", Out: `WorkflowCompleted {"result":[{"a":1},[true]]}
					closes`},
			}})
	}
	if len(kids) > 0 {
		t.Errorf("the package has no %v", kids)
	}
}
