package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog/project"
	"aion.dev/aion/internal/examples"
)

// language is one in which every example is written. Nobody who starts, signals or reads a run can
// tell which it is, so all languages pass the same tests.
type language struct {
	name   string
	folder string // of a project below the folder of its example; "" = that folder
	// projects makes projects which have these examples together, and returns their folders, from
	// the folder of the place.
	projects func(t *testing.T, names ...string) []string
}

var languages = []language{
	{"starlark", "", func(_ *testing.T, names ...string) (dirs []string) {
		for _, name := range names {
			dirs = append(dirs, "docs/examples/"+name)
		}
		return dirs
	}},
	{"go", "go", func(t *testing.T, names ...string) []string { return gathered(t, examples.Go, names) }},
	{"typescript", "typescript", func(t *testing.T, names ...string) (dirs []string) {
		t.Helper()
		if _, err := project.Interpreter(); err != nil {
			t.Skipf("SKIPPED: nothing shows that the examples in TypeScript work: %v", err)
		}
		for _, name := range names {
			dir := filepath.Join(t.TempDir(), name)
			if err := examples.TypeScript(".", dir, name); err != nil {
				t.Fatal(err)
			}
			dirs = append(dirs, dir)
		}
		return dirs
	}},
}

// gathered makes one project of examples whose code has to be compiled.
func gathered(t *testing.T, gather func(from, dir string, names ...string) error, names []string) []string {
	t.Helper()
	dir := t.TempDir()
	if err := gather(".", dir, names...); err != nil {
		t.Fatal(err)
	}
	return []string{dir}
}

// deploy deploys examples in a language.
func (p *place) deploy(l language, names ...string) {
	p.t.Helper()
	for _, dir := range l.projects(p.t, names...) {
		if out, err := p.shell("aion-node deploy " + dir); err != nil {
			p.t.Fatalf("deploy %s: %v\n%s", dir, err, out)
		}
	}
}

// all are the names of the examples. Those of them are apart that are versions of the same type.
func all(t *testing.T) (together []string, apart []string) {
	t.Helper()
	names, err := examples.Names(".")
	if err != nil || len(names) < 7 {
		t.Fatalf("%d examples, %v", len(names), err)
	}
	for _, name := range names {
		if strings.Contains(name, "-v") {
			apart = append(apart, name)
		} else {
			together = append(together, name)
		}
	}
	return together, apart
}

// Every example is there in every language, and its manifest says the same but for the language.
func TestLanguages(t *testing.T) {
	together, apart := all(t)
	for _, name := range slices.Concat(together, apart) {
		want := ""
		for _, l := range languages {
			text, err := os.ReadFile(filepath.Join(name, l.folder, "workflow.toml"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(string(text)) {
				key, _, _ := strings.Cut(line, " =")
				if !slices.Contains([]string{"abi", "language", "entry_module", "entry_function", "input_schema"}, key) && strings.TrimSpace(line) != "" {
					got = append(got, line)
				}
			}
			if said := strings.Join(got, ""); want == "" {
				want = said
			} else if said != want {
				t.Errorf("%s in %s:\n%s\nin %s:\n%s", name, languages[0].name, want, l.name, said)
			}
		}
	}
}
