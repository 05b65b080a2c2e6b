package engine

import (
	"context"
	"fmt"
	"math"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
)

// programs compiles the packages that the state names, each by its content: what several namespaces
// have loaded is one program. Deploys, turns, queries and the reconciler
// share it.
type programs struct {
	blobs    Blobs
	compiler runtime.Compiler
	cache    *runtime.Cache
}

// loaded are the limits for archives that the state names. The node that deployed them applied its
// own limits, and a stricter node must still run what the cluster runs.
var loaded = catalog.Limits{MaxArchiveBytes: math.MaxInt64, MaxInflatedBytes: math.MaxInt64, MaxEntries: math.MaxInt}

func (p *programs) has(v catalog.Version) bool {
	_, ok := p.cache.Peek(v)
	return ok
}

// compile returns the program of an opened archive.
func (p *programs) compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	return p.cache.Get(ctx, a.Version, func(ctx context.Context) (runtime.Program, error) { return p.compiler.Compile(ctx, a) })
}

// load returns the program of a loaded package. If this node does not cache it, load fetches and
// compiles the archive.
func (p *programs) load(ctx context.Context, pkg *catalog.Package) (runtime.Program, error) {
	return p.cache.Get(ctx, pkg.Content(), func(ctx context.Context) (runtime.Program, error) {
		a, err := p.archive(ctx, pkg)
		if err != nil {
			return nil, err
		}
		return p.compiler.Compile(ctx, a)
	})
}

// archive fetches and opens the archive of a loaded package.
func (p *programs) archive(ctx context.Context, pkg *catalog.Package) (*catalog.Archive, error) {
	data, err := p.blobs.Get(ctx, pkg.Blob)
	if err != nil {
		return nil, err
	}
	a, err := catalog.Open(data, loaded)
	if err != nil {
		return nil, err
	}
	if want := pkg.Content(); a.Version != want {
		return nil, fmt.Errorf("blob %s holds version %s instead of %s", pkg.Blob, a.Version, want)
	}
	return a, nil
}
