package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCensus counts a tree of two files on a circle, one that both use, and what is left out.
func TestCensus(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"p/a.go":             "package p\n\n// A calls B.\nfunc A() int {\n\treturn B() + c\n}\n",
		"p/b.go":             "package p\n\nfunc B() int { return len([]int{c}) + func() int { if c > 1 { return A() }; return 0 }() }\n",
		"p/c.go":             "package p\n\n// " + strings.Repeat("x", 98) + "\nvar c = 1\n",
		"p/a_test.go":        "package p\n\nfunc D() {}\n",
		"p/testdata/e/e.go":  "package e\n",
		".hidden/f.go":       "package f\n",
		"q/shadow.go":        "package q\n\nfunc G(other int) int { return other }\n",
		"q/other.go":         "package q\n\nvar other = 1\n",
		"empty/README":       "no code\n",
		"q/deeper/deeper.go": "package deeper\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	all, err := read(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range all {
		names = append(names, f.name)
	}
	if got := strings.Join(names, " "); got != "p q q/deeper" {
		t.Fatalf("folders %s", got)
	}
	p := all[0]
	refs, circular := p.references()
	if len(p.files) != 3 || p.lines() != 13 || refs != 4 || circular != 2 {
		t.Errorf("%d files, %d lines, %d references, %d on circles", len(p.files), p.lines(), refs, circular)
	}
	if p.comments != 2 || p.wide != 1 || len(p.functions) != 2 || quantile(p.functions, 100) != 3 {
		t.Errorf("%d comments, %d wide, functions %v", p.comments, p.wide, p.functions)
	}
	if refs, _ := all[1].references(); refs != 0 {
		t.Error("a parameter is taken for what another file declares")
	}
	if err := os.WriteFile(filepath.Join(root, "p/a.go"), []byte("package"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := read(root); err == nil || !strings.Contains(err.Error(), "a.go") {
		t.Errorf("a file that is no Go: %v", err)
	}
}

func TestQuantile(t *testing.T) {
	values := []int{5, 1, 4, 2, 3}
	for percent, want := range map[int]int{0: 1, 50: 3, 90: 5, 100: 5} {
		if got := quantile(values, percent); got != want {
			t.Errorf("%d %%: %d, want %d", percent, got, want)
		}
	}
	if quantile(nil, 50) != 0 {
		t.Error("nothing has a median")
	}
}
