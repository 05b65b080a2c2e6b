package load

import (
	"context"
	"fmt"
	"io/fs"
)

// Language is what the code of a workload's runs is written in.
type Language string

// The languages. Everything but Starlark is compiled to WebAssembly, or runs in it.
const (
	Starlark   Language = ""
	Go         Language = "go"
	TypeScript Language = "ts"
)

// Code is the modules of code that is not in Starlark, by the names of their files. The entry
// module is called main.
type Code map[string][]byte

// Titled returns the name of a workload whose code is in l.
func (l Language) Titled(workload string) string {
	if l == Starlark {
		return workload
	}
	return workload + "-" + string(l)
}

// In returns the source in l of those that a workload has, which are in the folder guest.
func (l Language) In(guests fs.FS) string {
	b, err := fs.ReadFile(guests, map[Language]string{Go: "guest/main.go.txt", TypeScript: "guest/main.ts"}[l])
	if err != nil {
		panic(err) // they are part of this program
	}
	return string(b)
}

// guestLevel is the level from which on a cluster runs WebAssembly.
const guestLevel = 6

// Runs waits for the level from which on a cluster runs code in l, and reports whether it came.
// Where nodes of an earlier build hold the level, code is in Starlark.
func (l Language) Runs(ctx context.Context, e *Env, workload string) (bool, error) {
	if l == Starlark {
		return false, nil
	}
	level, err := ReachLevel(ctx, e, workload, guestLevel)
	return level >= guestLevel, err
}

// Compile makes the modules of source.
func (l Language) Compile(ctx context.Context, e *Env, source string) (Code, error) {
	switch l {
	case Go:
		return compileGo(ctx, source)
	case TypeScript:
		return bundle(ctx, e.Cluster.Binary(), source)
	}
	return nil, fmt.Errorf("nothing compiles code in %q", l)
}

// Lacks says what this machine lacks to make runs of code in l with a binary. Nil means that
// nothing is known to be missing.
func (l Language) Lacks(ctx context.Context, binary string) error {
	if l != TypeScript {
		return nil
	}
	_, err := bundle(ctx, binary, "export function run() {}\n")
	return err
}

// Lacking is a workload that needs more than every machine has. Whoever makes many runs asks it
// first, and says what is not made.
type Lacking interface {
	Lacks(ctx context.Context, binary string) error
}
