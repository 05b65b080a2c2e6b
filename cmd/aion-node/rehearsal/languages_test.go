package rehearsal

import (
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/internal/examples"
	gosdk "aion.dev/aion/sdk/go"
)

// language is one in which workflows of the corpus are written.
type language struct {
	name    string
	corpus  func(t *testing.T, dir string)       // writes the project of testdata/corpus into a folder
	example func(t *testing.T, dir, name string) // writes one of docs/examples; nil = there is none
}

// The first language is the one with which all others are compared.
var tongues = []language{
	{"starlark", starlarkCorpus, func(t *testing.T, dir, name string) { copyAll(t, dir, filepath.Join(exampleDir, name), "*.*") }},
	{"go", goCorpus(all), func(t *testing.T, dir, name string) {
		if err := examples.Go(exampleDir, dir, name); err != nil {
			t.Fatal(err)
		}
	}},
	// The types of one package are in both: parents have children in the other language.
	{"starlark and go", goCorpus([]string{"mail", "kid", "shop", "retries"}), nil},
	{"go and starlark", goCorpus([]string{"waits", "family", "draws", "cleanup"}), nil},
	{"typescript", tsCorpus(all), func(t *testing.T, dir, name string) {
		needInterpreter(t)
		if err := examples.TypeScript(exampleDir, dir, name); err != nil {
			t.Fatal(err)
		}
	}},
	{"typescript and starlark", tsCorpus([]string{"mail", "kid", "shop", "retries"}), nil},
	{"starlark and typescript", tsCorpus([]string{"waits", "family", "draws", "cleanup"}), nil},
}

const (
	exampleDir = "../../../docs/examples"
	corpusDir  = "testdata/corpus"
)

// all are the types of the corpus.
var all = []string{"mail", "waits", "family", "kid", "draws", "shop", "cleanup", "retries"}

func starlarkCorpus(t *testing.T, dir string) {
	copyAll(t, dir, corpusDir+"/starlark", "*.star")
	copyAll(t, dir, corpusDir, "*_test.star")
	writeManifest(t, dir, "abi = 2\n", nil)
}

// goCorpus writes the corpus with some of its types in Go.
func goCorpus(types []string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		starlarkCorpus(t, dir)
		copyAll(t, dir, corpusDir+"/go", "*.go")
		writeManifest(t, dir, "language = \"go\"\n", types)
		const module = "module corpus\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n"
		write(t, filepath.Join(dir, "go.mod"), module)
		if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
			t.Fatal(err)
		}
	}
}

// tsCorpus writes the corpus with some of its types in TypeScript.
func tsCorpus(types []string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		needInterpreter(t)
		starlarkCorpus(t, dir)
		copyAll(t, dir, corpusDir+"/typescript", "*.ts")
		writeManifest(t, dir, "language = \"typescript\"\n", types)
	}
}

func needInterpreter(t *testing.T) {
	t.Helper()
	if _, err := project.Interpreter(); err != nil {
		t.Skipf("SKIPPED: nothing shows that histories of TypeScript are the same: %v", err)
	}
}

// writeManifest writes a manifest of which some types are compiled.
func writeManifest(t *testing.T, dir, head string, compiled []string) {
	t.Helper()
	for _, typ := range all {
		head += "[[workflow]]\ntype = \"" + typ + "\"\nactivities = [\"work\", \"flaky\"]\n"
		if !strings.Contains(" "+strings.Join(compiled, " ")+" ", " "+typ+" ") {
			head += "entry_module = \"" + typ + "\"\n"
		}
	}
	write(t, filepath.Join(dir, "workflow.toml"), head)
}

func copyAll(t *testing.T, dir, from, pattern string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(from, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no %s: %v", from, pattern, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, filepath.Base(f)), string(text))
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// replace changes a project into another version of it.
func replace(t *testing.T, dir, from, to string) {
	t.Helper()
	for _, pattern := range []string{"*.star", "*.go", "*.ts"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.star") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			write(t, f, strings.ReplaceAll(string(text), from, to))
		}
	}
}

// opened packs and compiles a project. Worlds are given its archive without the bytes of guests:
// hashing those took half of the time.
func opened(t *testing.T, dir string) *plan {
	t.Helper()
	p, err := open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	light := *p.archive
	light.Modules = nil
	for _, m := range p.archive.Modules {
		if m.Guest() {
			sum := sha256.Sum256(m.Source)
			m.Source = append([]byte("\x00asm\x01\x00\x00\x00"), sum[:]...)
		}
		light.Modules = append(light.Modules, m)
	}
	if p.built.Archive, err = catalog.Write(light.Manifest, light.Modules); err != nil {
		t.Fatal(err)
	}
	named, err := catalog.Open(p.built.Archive, catalog.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	p.archive.Version = named.Version
	if p.program, err = languages.Local().Compile(t.Context(), p.archive); err != nil {
		t.Fatal(err)
	}
	return p
}

// compiled compiles nothing: it knows the programs of some plans.
type compiled []*plan

// Compile implements runtime.Compiler.
func (c compiled) Compile(_ context.Context, a *catalog.Archive) (runtime.Program, error) {
	for _, p := range c {
		if p.archive.Version == a.Version {
			return p.program, nil
		}
	}
	panic("nobody has compiled " + a.Version.String())
}
