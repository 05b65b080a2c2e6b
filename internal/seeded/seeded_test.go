package seeded

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// declared reads the bugs from bugs.go: constant and name.
func declared(t *testing.T) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "bugs.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		name, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil || v.Comment == nil {
			t.Errorf("%s: want a name and a comment", v.Names[0])
		}
		if _, twice := found[v.Names[0].Name]; twice || slices.Contains(names(found), name) {
			t.Errorf("%s is there twice", name)
		}
		found[v.Names[0].Name] = name
		return true
	})
	return found
}

func names(bugs map[string]string) (list []string) {
	for _, name := range bugs {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func TestEveryBugIsPlanted(t *testing.T) {
	bugs := declared(t)
	if len(bugs) < 24 {
		t.Errorf("%d bugs, want at least 24", len(bugs))
	}
	planted := map[string]bool{}
	for _, room := range []string{"catalog", "engine", "engine/runtime/starlark", "fsm", "cluster", "transport"} {
		files, err := filepath.Glob(filepath.Join("..", "..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(room, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for constant := range bugs {
				if strings.Contains(string(b), "seeded.On(seeded."+constant+")") {
					planted[constant] = true
				}
			}
		}
	}
	for constant, name := range bugs {
		if !planted[constant] {
			t.Errorf("%s is planted nowhere", name)
		}
	}
}

// TestNothingIsLeft builds the node and looks for what only a bug could have brought into it.
func TestNothingIsLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the node twice")
	}
	traces := func(tags string) (found []string) {
		out := filepath.Join(t.TempDir(), "node")
		build := exec.Command("go", "build", "-tags", tags, "-o", out, "./cmd/aion-node")
		build.Dir = filepath.Join("..", "..")
		if b, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build: %v\n%s", err, b)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range append(names(declared(t)), "AION_BUG", "forwarded-%d") {
			if bytes.Contains(b, []byte(trace)) {
				found = append(found, trace)
			}
		}
		return found
	}
	if found := traces(""); len(found) > 0 {
		t.Errorf("a normal build holds %q", found)
	}
	if found := traces("aionbugs"); len(found) < 24 {
		t.Errorf("a build with -tags aionbugs holds only %q: the search finds nothing", found)
	}
}
