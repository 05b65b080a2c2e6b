package vet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
)

// The test binary is also the child.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == Command {
		compiler := func(l Limits) runtime.Compiler { return unruly{starlark.Compiler{Limits: l.Runtime}} }
		if err := Child(context.Background(), os.Args[2], os.Stdin, os.Stdout, compiler); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// unruly is a compiler with the bugs that a package asks for: what the cage protects against.
type unruly struct{ runtime.Compiler }

func (u unruly) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	switch source := string(a.Modules[0].Source); {
	case strings.HasPrefix(source, "# eat"):
		var eaten [][]byte
		for {
			b := make([]byte, 64<<20)
			for i := range b {
				b[i] = 1
			}
			eaten = append(eaten, b)
		}
	case strings.HasPrefix(source, "# dive"):
		return nil, errors.New(dive(1))
	case strings.HasPrefix(source, "# spin"):
		for {
			if ctx.Err() != nil {
				continue
			}
		}
	case strings.HasPrefix(source, "# shout"):
		for range 1000 {
			fmt.Fprint(os.Stderr, strings.Repeat("x", 4096))
			fmt.Fprint(os.Stdout, strings.Repeat("x", 4096))
		}
	case strings.HasPrefix(source, "# panic"):
		panic("a bug")
	case strings.HasPrefix(source, "# env"):
		if os.Getenv("AION_AUTH_TOKENS") != "" {
			panic("the child has the parent's environment")
		}
	case strings.HasPrefix(source, "# kill"):
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return u.Compiler.Compile(ctx, a)
}

func dive(depth int) string {
	if depth < 0 {
		return ""
	}
	return fmt.Sprint(dive(depth+1), depth)
}

func archive(t *testing.T, source string) []byte {
	t.Helper()
	data, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
		Workflows: []catalog.Workflow{{Type: "w", EntryModule: "w", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "w.star", Source: []byte(source)}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const good = "def run(ctx, input):\n    return 1\n"

func checker(t *testing.T) *Checker {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &Checker{Executable: exe, Limits: Limits{MemoryBytes: 512 << 20}}
	t.Cleanup(c.Close)
	return c
}

func TestVerdicts(t *testing.T) {
	c := checker(t)
	if err := c.Check(t.Context(), archive(t, good)); err != nil {
		t.Errorf("a good package: %v", err)
	}
	for name, tt := range map[string]struct {
		data []byte
		code string
		says string
	}{
		"no archive":        {[]byte("PK nonsense"), "invalid_package", "ZIP"},
		"syntax error":      {archive(t, "def run(ctx, input:\n"), "invalid_package", "w.star:1"},
		"no entry":          {archive(t, "x = 1\n"), "invalid_package", "run"},
		"endless top level": {archive(t, "def f():\n    while True:\n        pass\nf()\n"+good), "invalid_package", "step"},
		"memory":            {archive(t, "# eat\n"+good), "invalid_package", "536870912 bytes of memory"},
		"stack":             {archive(t, "# dive\n"+good), "invalid_package", "overflows the stack"},
		"panic":             {archive(t, "# panic\n"+good), "invalid_package", "a bug"},
		"killed":            {archive(t, "# kill\n"+good), "invalid_package", "ended by killed"},
		"noise":             {archive(t, "# shout\n"+good), "unavailable", "gave no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			if raceDetector && (name == "memory" || name == "stack") {
				t.Skip("the race detector ends for lack of memory in its own words; run this without -race")
			}
			err := c.Check(t.Context(), tt.data)
			var coded interface{ Code() string }
			if !errors.As(err, &coded) || coded.Code() != tt.code || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := checker(t).Check(ctx, archive(t, "# spin\n"+good)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestNoChild(t *testing.T) {
	c := &Checker{Executable: "/nowhere/aion-node"}
	defer c.Close()
	var none *NoChild
	if err := c.Check(t.Context(), archive(t, good)); !errors.As(err, &none) {
		t.Errorf("got %v", err)
	}
}

// The parent's secrets do not reach the child.
func TestChildHasNoSecrets(t *testing.T) {
	t.Setenv("AION_AUTH_TOKENS", "ci:write:0123456789abcdef")
	if err := checker(t).Check(t.Context(), archive(t, "# env\n"+good)); err != nil {
		t.Error(err)
	}
}
