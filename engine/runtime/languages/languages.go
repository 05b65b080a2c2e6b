// Package languages compiles packages whatever their modules are written in.
//
// It decides which language compiles a module, by its extension, and which program a run starts on,
// by the entry module of its type. It never looks into modules.
package languages

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// Compiler makes programs of packages of all languages.
type Compiler struct {
	Limits runtime.Limits // of what runs before the first run
	Room   *wasm.Lazy     // of guests
}

var _ runtime.Compiler = Compiler{}

// Compile implements runtime.Compiler.
func (c Compiler) Compile(ctx context.Context, archive *catalog.Archive) (runtime.Program, error) {
	scripts, guests := split(archive)
	if guests == nil {
		return starlark.Compiler{Limits: c.Limits}.Compile(ctx, archive)
	}
	room, err := c.Room.Room()
	if err != nil {
		return nil, err
	}
	second, err := wasm.Compiler{Room: room, Limits: c.Limits}.Compile(ctx, guests)
	if err != nil || scripts == nil {
		return second, err
	}
	first, err := starlark.Compiler{Limits: c.Limits}.Compile(ctx, scripts)
	if err != nil {
		return nil, err
	}
	p := &program{Program: first, guests: second, types: make(map[string]bool)}
	for _, w := range guests.Manifest.Workflows {
		p.types[w.Type] = true
	}
	return p, nil
}

// split returns an archive with the modules and types of each language; nil = it has none.
func split(archive *catalog.Archive) (scripts, guests *catalog.Archive) {
	of := make(map[string]**catalog.Archive) // by entry module
	for _, m := range archive.Modules {
		part := &scripts
		if m.Guest() || m.Script() || m.Mapped() != "" {
			part = &guests
		}
		if *part == nil {
			copied := *archive
			copied.Modules, copied.Manifest.Workflows = nil, nil
			*part = &copied
		}
		(*part).Modules = append((*part).Modules, m)
		of[m.Stem()] = part
	}
	for _, w := range archive.Manifest.Workflows {
		if part := of[w.EntryModule]; part != nil {
			(*part).Manifest.Workflows = append((*part).Manifest.Workflows, w)
		}
	}
	return scripts, guests
}

// program is a version with types in several languages.
type program struct {
	runtime.Program // of the scripts
	guests          runtime.Program
	types           map[string]bool // of the guests
}

// Start implements runtime.Program.
func (p *program) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	if p.types[entry.Type] {
		return p.guests.Start(entry, input, host, limits)
	}
	return p.Program.Start(entry, input, host, limits)
}

// Size implements runtime.Sized.
func (p *program) Size() uint64 {
	if sized, ok := p.guests.(runtime.Sized); ok {
		return sized.Size()
	}
	return 0
}
