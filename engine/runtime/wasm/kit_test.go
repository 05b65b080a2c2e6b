package wasm_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	gosdk "aion.dev/aion/sdk/go"
)

// build makes a guest of a Go program below testdata, which may import the SDK.
func build(t testing.TB, name string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	if err := gosdk.Write(filepath.Join(dir, "sdk")); err != nil {
		t.Fatal(err)
	}
	const module = "module guest\n\ngo 1.26\n\nrequire aion.dev/aion/sdk/go/workflow v0.0.0\n\nreplace aion.dev/aion/sdk/go/workflow => ./sdk/workflow\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", "guest.wasm", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	b, err := os.ReadFile(filepath.Join(dir, "guest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compiledHere is the folder in which rooms of tests keep what guests are compiled to: most of them
// need one of five modules, and compiling those took half of the time.
var compiledHere string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if compiledHere, err = os.MkdirTemp("", "aion-guests-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(compiledHere)
		return m.Run()
	}())
}

// newRoom makes a room that ends with the test. Those of benchmarks have no folder unless they ask
// for one.
func newRoom(t testing.TB, cfg wasm.Config) *wasm.Room {
	t.Helper()
	if _, measured := t.(*testing.B); cfg.CacheDir == "" && !cfg.Interpret && !measured {
		cfg.CacheDir = compiledHere
	}
	r, err := wasm.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// compile makes a program of one module, whose function is the member of runtimetest.
func compile(t testing.TB, r *wasm.Room, code []byte, function string, activities ...string) runtime.Program {
	t.Helper()
	p, err := tryCompile(t, r, code, function, activities...)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

func tryCompile(t testing.TB, r *wasm.Room, code []byte, function string, activities ...string) (runtime.Program, error) {
	return wasm.Compiler{Room: r, Limits: runtime.Limits{Steps: 150_000}}.Compile(context.Background(), &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 2, Activities: activities,
			Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: function}}},
		Version: catalog.Version{1},
		Modules: []catalog.Module{{Name: "test.wasm", Source: code}},
	})
}
