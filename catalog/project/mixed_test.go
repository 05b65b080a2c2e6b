package project

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

const mixed = `-- workflow.toml --
folders = { go = "backend", typescript = "front/end" }
[[workflow]]
type = "label"
language = "go"
[[workflow]]
type = "order"
language = "typescript"
[[workflow]]
entry_module = "receipt"
-- backend/go.mod --
module x

go 1.26
-- backend/main.go --
package main

func main() {}
-- front/end/src/main.ts --
export async function order() { return 1; }
-- receipt.star --
def run(ctx, input): return input
`

// A package has types in each language: an edit of `language` moves a type to another one.
func TestMixedProject(t *testing.T) {
	needGo(t)
	needQuickjs(t)
	dir := folder(t, mixed)
	b := build(t, dir)
	if got, want := moduleNames(b), "go.wasm quickjs.wasm receipt.star typescript.js typescript.js.map"; got != want {
		t.Errorf("modules %s, want %s", got, want)
	}
	var entries []string
	for _, w := range b.Manifest.Workflows {
		entries = append(entries, w.Type+" "+w.EntryModule+"."+w.EntryFunction)
	}
	if got, want := strings.Join(entries, ", "), "label go.label, order typescript.order, receipt receipt.run"; got != want || b.Manifest.ABI != 2 || b.Manifest.Driver != catalog.Driver {
		t.Errorf("entries %s of abi %d, want %s", got, b.Manifest.ABI, want)
	}
	if l := b.Manifest.Labels["toolchain"]; !strings.HasPrefix(l, "go1.") || !strings.HasSuffix(l, "; esbuild 0.28.2, quickjs-wasi 3.7.0") {
		t.Errorf("toolchain %s", l)
	}
	if text := string(b.Modules[4].Source); !strings.Contains(text, `"main.ts"`) || strings.Contains(text, "front") {
		t.Errorf("sources %.300s", text)
	}
	if again := build(t, folder(t, mixed)); again.Version != b.Version {
		t.Errorf("versions %s and %s", b.Version, again.Version)
	}

	// Of one compiled language alone the module is main, as if the project were in that language.
	toml := filepath.Join(dir, ConfigName)
	text, err := os.ReadFile(toml)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.ReplaceAll(strings.Replace(string(text), `go = "backend", `, "", 1), `language = "go"`, "language = \"typescript\"\nentry_function = \"order\"")
	if err := os.WriteFile(toml, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	b = build(t, dir)
	if got, want := moduleNames(b), "main.js main.js.map quickjs.wasm receipt.star"; got != want || b.Manifest.Workflows[0].EntryModule != "main" {
		t.Errorf("modules %s, want %s; %+v", got, want, b.Manifest.Workflows)
	}
}

func TestMixedProjectRefuses(t *testing.T) {
	needGo(t)
	needQuickjs(t)
	for name, tc := range map[string]struct{ old, new, file, key, reason string }{
		"a language that is not known": {`"go"` + "\n", `"rust"` + "\n", "workflow.toml", "workflow[0].language", "knows starlark, go and typescript"},
		"one type twice":               {`"order"`, `"label"`, "workflow.toml", "workflow[1].type", `repeats workflow type "label"`},
		"a module of one language":     {"type = \"label\"", "type = \"label\"\nentry_module = \"main\"", "workflow.toml", "workflow[0].entry_module", `becomes the module "go"`},
		"a module of its name":         {"-- receipt.star", "-- go.star --\n-- receipt.star", "go.star", "", "has the name of the module go.wasm"},
		"a folder that is not there":   {`"backend"`, `"back"`, "workflow.toml", "folders.go", "no such folder"},
		"a folder outside":             {`"backend"`, `"../backend"`, "workflow.toml", "folders.go", "not a path inside the project"},
		"a folder for nothing":         {"go = ", "rust = \"x\", go = ", "workflow.toml", "folders.rust", "no compiled language in which"},
		"a default for nothing":        {"folders", "language = \"go\"\nfolders", "", "", ""},
		"a fault in a folder":          {"func main() {}", "func main() { x() }", "backend/main.go", "", "undefined: x"},
		"no code in a folder":          {"src/main.ts", "src/main.js", "workflow.toml", "language", "no file src/main.ts or main.ts (in the folder front/end)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Build(folder(t, strings.Replace(mixed, tc.old, tc.new, 1)))
			if tc.file == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var invalid *Invalid
			if !errors.As(err, &invalid) || invalid.File != tc.file || invalid.Key != tc.key || !strings.Contains(invalid.Reason, tc.reason) {
				t.Errorf("%+v", err)
			}
		})
	}
	dir := folder(t, mixed)
	if err := os.Rename(filepath.Join(dir, "backend"), filepath.Join(dir, "real")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "backend")); err != nil {
		t.Skip(err)
	}
	if _, err := Build(dir); err == nil || !strings.Contains(err.Error(), "is a symbolic link") {
		t.Errorf("a link: %v", err)
	}
	if _, err := Build(folder(t, "-- workflow.toml --\nlanguage = \"go\"\n[[workflow]]\nentry_module = \"a\"\n-- a.star --\n")); err == nil || !strings.Contains(err.Error(), "no [[workflow]] is written in it") {
		t.Errorf("a language for nothing: %v", err)
	}
}
