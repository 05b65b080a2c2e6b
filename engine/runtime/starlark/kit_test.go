package starlark

import (
	"context"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
)

// archive packs modules given by file name; the entry function is run in main.star.
func archive(modules map[string]string) *catalog.Archive {
	a := &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 1, Workflows: []catalog.Workflow{{Type: "main", EntryModule: "main", EntryFunction: "run"}}},
		Version:  catalog.Version{1},
	}
	for name, source := range modules {
		a.Modules = append(a.Modules, catalog.Module{Name: name, Source: []byte(source)})
	}
	return a
}

// topLevel compiles and runs source as the top level of a package.
func topLevel(source string) error {
	// The limits are smaller than a node's, so that code reaches them soon.
	c := Compiler{Limits: runtime.Limits{Steps: 1_000_000, MemoryBytes: 6 << 20}}
	_, err := c.Compile(context.Background(), archive(map[string]string{"main.star": source + "\ndef run(ctx, input): pass\n"}))
	return err
}

// wantError wants a PackageError that contains want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	var e *runtime.PackageError
	if !errors.As(err, &e) {
		t.Errorf("got %v, want a PackageError saying %q", err, want)
	} else if !strings.Contains(e.Error(), want) {
		t.Errorf("got %q, want it to say %q", e, want)
	}
}

// must runs assertions written in Starlark: source fails at the line that is wrong.
func must(t *testing.T, source string) {
	t.Helper()
	const eq = `
def eq(got, want):
    if got != want or type(got) != type(want):
        fail("got %r, want %r" % (got, want))
`
	if err := topLevel(eq + source); err != nil {
		t.Error(err)
		if e := (*runtime.PackageError)(nil); errors.As(err, &e) {
			t.Log(strings.Join(e.Stack, "\n"))
		}
	}
}
