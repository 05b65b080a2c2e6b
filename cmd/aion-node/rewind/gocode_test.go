package rewind

import (
	"os"
	"path/filepath"
	"testing"

	"aion.dev/aion/engine/rewind"
)

// A line is shown only if it certainly is the one that runs: a package says base names alone.
func TestGoCode(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"order.go":      "package main\n\nfunc Order() {\n\tsleep()\n\tgo func() {\n\t\tsleep()\n\t}()\n}\n\nvar x = func() int {\n\treturn 1\n}()\n",
		"order_test.go": "package main\n\nfunc other() {\n\tsleep()\n}\n",
		"lib/sort.go":   "package lib\n\ntype List[T any] struct{}\n\nfunc (l *List[T]) Sort() {\n\tsleep()\n}\n",
		"a/twice.go":    "package a\n\nfunc F() {\n\tsleep()\n}\n",
		"b/twice.go":    "package b\n\nfunc F() {\n\tsleep()\n}\n",
		"c/twice.go":    "package b\n\nfunc F() {\n\tsleep()\n}\n",
		"broken.go":     "package main\n\nfunc Broken( {\n\tsleep()\n}\n",
		".git/hook.go":  "package main\n\nfunc Hook() {\n\tsleep()\n}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := goCode(dir)
	for _, c := range []struct {
		at, function string
		found        bool
	}{
		{"order.go:4", "Order", true}, {"order.go:6", "Order.func1", true}, {"order.go:4", "Other", false}, {"order.go:400", "Order", false},
		{"order.go:11", "init.func1", true}, {"order.go:4", "Order2", false}, {"order.go:4", "order.Order", true},
		{"sort.go:6", "lib.(*List[...]).Sort", true}, {"sort.go:6", "sort.Sort", false}, {"order_test.go:4", "other", false},
		{"twice.go:4", "a.F", true}, {"twice.go:4", "b.F", false}, {"broken.go:4", "Broken", false}, {"hook.go:4", "Hook", false}, {"../order.go:4", "Order", false},
	} {
		if got := files.of(rewind.Frame{At: c.at, Function: c.function}); (got != "") != c.found {
			t.Errorf("%s in %s: %q", c.at, c.function, got)
		}
	}
	if got := goCode("").of(rewind.Frame{At: "order.go:4", Function: "Order"}); got != "" {
		t.Errorf("no folder: %q", got)
	}
}
