package project

import (
	"errors"

	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
)

// needGo skips a test that runs the go command, where there is none.
func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command here: projects in Go cannot be built")
	}
}

// The same sources are the same version in every folder, whatever flags the environment has.
func TestGoProject(t *testing.T) {
	needGo(t)
	var versions []catalog.Version
	for _, flags := range []string{"", "-race -tags=x"} {
		dir := filepath.Join(t.TempDir(), "a", "folder")
		if err := New(dir, "ask-politely", "go"); err != nil {
			t.Fatal(err)
		}
		t.Setenv("GOFLAGS", flags)
		b := build(t, dir)
		versions = append(versions, b.Version)
		w := b.Manifest.Workflows[0]
		if w.Type != "ask-politely" || w.EntryModule != "main" || w.EntryFunction != "Ask" || b.Manifest.ABI != 2 || moduleNames(b) != "main.wasm" {
			t.Errorf("%+v %s", b.Manifest, moduleNames(b))
		}
		if !strings.HasPrefix(b.Manifest.Labels["toolchain"], "go1.") {
			t.Errorf("labels %v", b.Manifest.Labels)
		}
	}
	if versions[0] != versions[1] {
		t.Errorf("versions %s", versions)
	}
}

// A package may have types in both languages; the defaults are those of the module's language.
func TestGoProjectMixes(t *testing.T) {
	needGo(t)
	dir := folder(t, `
-- workflow.toml --
language = "go"
[labels]
toolchain = "mine"
[[workflow]]
type = "order"
[[workflow]]
entry_module = "refund"
-- go.mod --
module x

go 1.26
-- main.go --
package main

func main() {}
-- refund.star --
def run(ctx, input): return input
`)
	b := build(t, dir)
	if w := b.Manifest.Workflows; w[0].EntryModule != "main" || w[0].EntryFunction != "order" || w[1].Type != "refund" || w[1].EntryFunction != "run" {
		t.Errorf("%+v", w)
	}
	if moduleNames(b) != "main.wasm refund.star" || b.Manifest.Labels["toolchain"] != "mine" {
		t.Errorf("%s %v", moduleNames(b), b.Manifest.Labels)
	}
}

func TestGoProjectRefuses(t *testing.T) {
	needGo(t)
	const toml = "-- workflow.toml --\nlanguage = \"go\"\n[[workflow]]\ntype = \"order\"\n-- go.mod --\nmodule x\n\ngo 1.26\n"
	for _, tc := range []struct {
		name, files, file string
		line              int
		reason            string
	}{
		{"an error of the compiler", toml + "-- main.go --\npackage main\n\nfunc main() { x() }\n", "main.go", 3, "undefined: x"},
		{"no program", toml, "workflow.toml", 0, "go build fails"},
		{"an unknown language", "-- workflow.toml --\nlanguage = \"cobol\"\n", "workflow.toml", 0, "knows starlark, go and typescript"},
		{"the first abi", strings.Replace(toml, "language", "abi = 1\nlanguage", 1) + "-- main.go --\npackage main\n\nfunc main() {}\n", "workflow.toml", 0, "which abi 2 is the first to have"},
	} {
		_, err := Build(folder(t, tc.files))
		var invalid *Invalid
		if !errors.As(err, &invalid) || invalid.File != tc.file || invalid.Line != tc.line || !strings.Contains(invalid.Reason, tc.reason) {
			t.Errorf("%s: %+v", tc.name, err)
		}
	}
	_, err := BuildWithoutTools(folder(t, toml+"-- main.go --\npackage main\n"))
	if err == nil || !strings.Contains(err.Error(), "compiled where its toolchain is") {
		t.Errorf("without tools: %v", err)
	}
	t.Setenv("PATH", "")
	if _, err := Build(folder(t, toml)); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("without go: %v", err)
	}
}

func TestNewKnowsItsLanguages(t *testing.T) {
	var invalid *catalog.InvalidInput
	if err := New(t.TempDir(), "a", "cobol"); !errors.As(err, &invalid) || invalid.Field != "language" {
		t.Error(err)
	}
}
