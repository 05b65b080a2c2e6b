package wasm

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"runtime/debug"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm/meter"
	"aion.dev/aion/engine/runtime/wasm/sourcemap"
	"aion.dev/aion/fsm/history"
)

// Compiler makes programs of packages whose modules are WebAssembly.
type Compiler struct {
	Room   *Room
	Limits runtime.Limits // of what a module does before its first run
}

var (
	_ runtime.Compiler = Compiler{}
	_ runtime.Sized    = (*program)(nil)
)

// Compile implements runtime.Compiler, for the modules of an archive that are guests.
func (c Compiler) Compile(ctx context.Context, archive *catalog.Archive) (_ runtime.Program, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &runtime.Crash{Value: v, Stack: debug.Stack()}
		}
	}()
	p := &program{version: archive.Version, activities: archive.Manifest.Activities, guests: make(map[string]*guest)}
	var made []*guest
	defer func() {
		if err != nil {
			closeAll(made)
		}
	}()
	for _, m := range archive.Modules {
		var g *guest
		var err error
		switch {
		case m.Script():
			g, err = c.script(ctx, archive, m)
		case m.Guest() && !interpreter(archive, m):
			g, err = c.Room.newGuest(ctx, m.Source, c.Limits.OrDefault())
		default:
			continue
		}
		if err != nil {
			return nil, blamed(ctx, m.Name, err)
		}
		g.name = m.Name
		made, p.guests[m.Stem()] = append(made, g), g
	}
	for _, w := range archive.Manifest.Workflows {
		g := p.guests[w.EntryModule]
		if g == nil {
			continue
		}
		if _, ok := slices.BinarySearch(g.names, w.EntryFunction); !ok {
			return nil, &runtime.PackageError{Module: g.name,
				Reason: fmt.Sprintf("entry function %q of workflow type %q is not registered; the module has %q", w.EntryFunction, w.Type, g.names)}
		}
	}
	goruntime.AddCleanup(p, closeAll, made)
	return p, nil
}

// script makes a guest of a module that is JavaScript.
func (c Compiler) script(ctx context.Context, archive *catalog.Archive, m catalog.Module) (*guest, error) {
	s := &script{name: m.Name, bundle: m.Source, trace: trace{file: m.Name}, direct: archive.Manifest.Driver >= 2}
	var interpreter []byte
	for _, other := range archive.Modules {
		switch other.Name {
		case catalog.Interpreter:
			interpreter = other.Source
		case m.Name + catalog.SourceMap:
			var err error
			if s.trace.of, err = sourcemap.Parse(other.Source); err != nil {
				return nil, &runtime.PackageError{Module: other.Name, Reason: err.Error()}
			}
		}
	}
	return c.Room.newScript(ctx, interpreter, s, c.Limits.OrDefault())
}

// interpreter reports whether a module is there for the scripts of the package.
func interpreter(archive *catalog.Archive, m catalog.Module) bool {
	return m.Name == catalog.Interpreter && slices.ContainsFunc(archive.Modules, catalog.Module.Script)
}

// closeAll drops guests that no run can use any more.
func closeAll(list []*guest) {
	for _, g := range list {
		g.close()
	}
}

// blamed says what is wrong with a module.
func blamed(ctx context.Context, name string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var crash *runtime.Crash
	var already *runtime.PackageError
	if errors.As(err, &crash) || errors.As(err, &already) {
		return err
	}
	reason := err.Error()
	if invalid := (*meter.Invalid)(nil); errors.As(err, &invalid) {
		reason = invalid.Error()
	}
	return &runtime.PackageError{Module: name, Reason: reason}
}

// program is one compiled version.
type program struct {
	version    catalog.Version
	activities []string          // sorted
	guests     map[string]*guest // by module
}

// Version implements runtime.Program.
func (p *program) Version() catalog.Version { return p.version }

// Size implements runtime.Sized.
func (p *program) Size() (n uint64) {
	for _, g := range p.guests {
		n += g.size()
	}
	return n
}

// Declares implements runtime.Program.
func (p *program) Declares(activity string) bool {
	_, ok := slices.BinarySearch(p.activities, activity)
	return ok
}

// Start implements runtime.Program.
func (p *program) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	return &execution{program: p, guest: p.guests[entry.EntryModule], entry: entry, input: input, host: host, limits: limits.OrDefault()}
}
