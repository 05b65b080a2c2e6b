package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/namespace"
)

// LoadRequest asks for a deploy.
type LoadRequest struct {
	Call
	Archive []byte
	Route   bool
	Gate    string // "" or GateOpen
	Expect  []catalog.Expect
	DryRun  bool // validate everything, say what would happen, change nothing; uses no request id
	Message string

	Signatures []signature.Signature // of the archive's version
}

// putAge bounds how long a stored blob may wait for the entry that names it: the sweeper deletes
// unnamed blobs after an hour.
const putAge = 10 * time.Minute

// LoadPackage validates everything that the bytes alone determine, stores them on a majority, and
// only then proposes the entry that names them. A package that fails leaves nothing behind. The
// entry loads all members and switches all their routes in one step.
func (e *Engine) LoadPackage(ctx context.Context, r LoadRequest) (*fsm.LoadAnswer, Answered, error) {
	if err := r.validate(); err != nil {
		return nil, Answered{}, err
	}
	if r.DryRun {
		r.Request = nil
	}
	if res, ok, err := e.firstOutcome(r.Call); ok || err != nil {
		if err != nil {
			return nil, Answered{}, err
		}
		return outcome[*fsm.LoadAnswer](r.Call, res)
	}
	if err := e.knowsSignatures(r.Signatures); err != nil {
		return nil, Answered{}, err
	}
	archive, err := e.openAndCheck(ctx, r.Archive)
	if err != nil {
		return nil, Answered{}, err
	}
	pkg := archive.Package().In(namespace.Asked(ctx))
	if err := mayDeploy(r.Only, pkg.Types()); err != nil {
		return nil, Answered{}, err
	}
	cmd := &fsm.LoadPackage{Package: pkg, Route: r.Route, Expect: r.Expect, Message: r.Message, Signatures: r.Signatures}
	var gates []*gate
	if r.Gate != "" {
		g, err := e.newGate(ctx, cmd, archive, -1)
		if err != nil {
			return nil, Answered{}, err
		}
		if _, err := g.pass(ctx, e.backtests.share); err != nil { // before the archive is stored, for it may take long
			return nil, Answered{}, err
		}
		gates = append(gates, g)
	}
	if r.DryRun {
		return e.dryRunLoad(ctx, cmd)
	}
	began := time.Now()
	digest, err := e.storeArchive(ctx, r.Archive)
	switch age := time.Since(began); {
	case err != nil:
		return nil, Answered{}, err
	case digest != archive.Digest:
		return nil, Answered{}, fmt.Errorf("engine: the archive's digest is %s, but it was stored as %s", archive.Digest, digest)
	case age > putAge:
		return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("storing the archive took %s; nothing was proposed", age)}
	}
	if len(gates) == 0 {
		return propose[*fsm.LoadAnswer](ctx, e, r.Call, cmd)
	}
	var answer *fsm.LoadAnswer
	var a Answered
	err = e.throughGates(ctx, gates, func() (err error) {
		answer, a, err = proposeAt[*fsm.LoadAnswer](ctx, e, r.Call, 2, cmd)
		return err
	})
	return answer, a, err
}

// storeArchive stores an archive on a majority while this node leads. A leader that has lost its
// majority would otherwise wait for unreachable nodes as long as a copy may take; instead the
// caller gets an error at once, and may ask another node.
func (e *Engine) storeArchive(ctx context.Context, archive []byte) (catalog.Digest, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var lost error // that leadership ended or could not be proved; read after the watch has ended
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			select {
			case <-time.After(leadEvery):
			case <-ctx.Done():
				return
			}
			if err := e.cfg.Log.Sync(ctx); err != nil && ctx.Err() == nil {
				lost = err
				cancel(err)
			}
		}
	})
	digest, err := e.cfg.Blobs.Put(ctx, archive)
	cancel(nil)
	watching.Wait()
	if err != nil && lost != nil {
		err = lost
	}
	return digest, err
}

// leadEvery is how often a node that stores an archive verifies that it still leads.
const leadEvery = time.Second

func (r *LoadRequest) validate() error {
	if err := r.Call.validate(); err != nil {
		return err
	}
	if err := checkText("message", r.Message, MaxMessage); err != nil {
		return err
	}
	if len(r.Expect) > catalog.MaxMembers {
		return invalid("expect_route", "has %d conditions, the limit is %d", len(r.Expect), catalog.MaxMembers)
	}
	for _, x := range r.Expect {
		if err := x.Validate(); err != nil {
			return err
		}
	}
	return checkGate(r.Gate, r.Route)
}

// levelABI2 is the level from which on every member can compile code of abi 2.
const levelABI2 = 4

// levelDriver2 is the level from which on every member has the second driver of scripts.
const levelDriver2 = 7

// levelGuests is the level from which on every member can run modules that are WebAssembly.
const levelGuests = 6

// openAndCheck opens an archive and proves that it compiles. If a sandbox is configured, it
// compiles there, where a crash hurts nobody: compiling runs module code, and although limits apply
// here too, this process serves everybody. Every node, this one as well, compiles what is loaded
// once the entry has been applied, so the caller does not wait for that.
func (e *Engine) openAndCheck(ctx context.Context, data []byte) (*catalog.Archive, error) {
	archive, err := catalog.Open(data, e.cfg.Archive)
	if err != nil {
		return nil, err
	}
	if archive.Manifest.ABI > 1 {
		if err := e.atLevel(levelABI2); err != nil {
			return nil, err
		}
	}
	if archive.Manifest.Driver > 1 {
		if err := e.atLevel(levelDriver2); err != nil {
			return nil, err
		}
	}
	if archive.Guests() {
		if err := e.atLevel(levelGuests); err != nil {
			return nil, err
		}
	}
	if e.programs.has(archive.Version) { // the same content was compiled here before
		return archive, nil
	}
	select {
	case e.vetting <- struct{}{}:
		defer func() { <-e.vetting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	limit := e.limits.CheckTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, &catalog.InvalidPackage{Reason: fmt.Sprintf("does not compile within %s", limit)})
	defer cancel()
	if err := schema.CheckArchive(ctx, archive, e.limits.SchemaPatterns); err != nil {
		return nil, causeOf(ctx, err)
	}
	if e.cfg.CheckArchive != nil {
		err = e.cfg.CheckArchive(ctx, data)
	} else {
		_, err = e.programs.compile(ctx, archive)
	}
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	return archive, nil
}

// causeOf returns ctx's cause if ctx has ended, instead of the error in which its end surfaced.
func causeOf(ctx context.Context, err error) error {
	var typed interface{ Code() string }
	if cause := context.Cause(ctx); cause != nil && !errors.As(err, &typed) {
		return cause
	}
	return err
}

// dryRunLoad answers what cmd would do now. It applies cmd to a copy of the catalog.
func (e *Engine) dryRunLoad(ctx context.Context, cmd *fsm.LoadPackage) (answer *fsm.LoadAnswer, a Answered, err error) {
	readErr := e.read(ctx, Read{}, func(v fsm.View) {
		a.Index = v.Index()
		if _, refusal := cmd.Signing(v); refusal != nil {
			err = refusal
			return
		}
		var change catalog.LoadChange
		cmd.Package.LoadedAt = int64(v.Now())
		change, err = v.Catalog().Clone().Load(cmd.Package, cmd.Route, cmd.Expect, v.Index())
		answer = &fsm.LoadAnswer{Package: change.Package, FreshlyLoaded: change.FreshlyLoaded, Routes: change.Routes}
	})
	if readErr != nil {
		return nil, a, readErr
	}
	if err != nil {
		return nil, a, err
	}
	return answer, a, nil
}
