package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// candidate loads the code to try: that of a stored archive, or of a loaded version.
func (e *Engine) candidate(ctx context.Context, archive, version string) (*backtest.Candidate, error) {
	if archive != "" {
		return e.storedCandidate(ctx, archive)
	}
	var pkg *catalog.Package
	var err error
	e.view(ctx, func(v fsm.View) {
		var full catalog.Version
		if full, err = v.Catalog().Find(version); err == nil {
			pkg, _ = v.Catalog().Package(full)
		}
	})
	if err != nil {
		return nil, err
	}
	program, err := e.programs.load(ctx, pkg)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Unavailable{Why: fmt.Sprintf("the code of version %s is not available on this node: %v", pkg.Content().Short(), err)}
	}
	flaw := func(ctx context.Context, typ string, result history.Payload) (string, error) {
		return e.checkOutput(ctx, pkg.Version, namespace.Qualify(pkg.Space(), typ), result)
	}
	members := make([]catalog.Member, len(pkg.Members))
	for i := range members {
		members[i] = bareMember(&pkg.Members[i])
	}
	return &backtest.Candidate{Program: program, Members: members, Limits: e.limits.Runtime, Flaw: flaw}, nil
}

func (e *Engine) storedCandidate(ctx context.Context, ref string) (*backtest.Candidate, error) {
	digest, err := catalog.ParseDigest(ref)
	if err != nil {
		return nil, invalid("archive", "is %s; want the 64 hex digits that storing it answered", catalog.QuoteStart(ref, 80))
	}
	data, err := e.cfg.Blobs.Get(ctx, digest)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &UnknownArchive{Digest: digest, Why: err}
	}
	a, err := e.openAndCheck(ctx, data)
	if err != nil {
		return nil, err
	}
	return e.archiveCandidate(ctx, a)
}

// archiveCandidate compiles the code of an archive, not into the cache, which is for what is
// loaded.
func (e *Engine) archiveCandidate(ctx context.Context, a *catalog.Archive) (*backtest.Candidate, error) {
	program, err := e.programs.compiler.Compile(ctx, a)
	if err != nil {
		return nil, err
	}
	flaw, err := outputFlaws(a)
	if err != nil {
		return nil, err
	}
	return &backtest.Candidate{Program: program, Members: a.Members(), Limits: e.limits.Runtime, Flaw: flaw}, nil
}

// UnknownArchive means that no node that was asked has an archive.
type UnknownArchive struct {
	Digest catalog.Digest
	Why    error
}

func (e *UnknownArchive) Error() string {
	return fmt.Sprintf("no archive %s is stored: store it again, it is kept for an hour (%v)", e.Digest, e.Why)
}

// Code implements fsm.Refusal.
func (e *UnknownArchive) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (e *UnknownArchive) Facts() map[string]any { return map[string]any{"archive": e.Digest.String()} }
