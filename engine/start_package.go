package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/namespace"
)

// Along is the code that comes along with a start.
type Along struct {
	Archive   catalog.Digest        // of an archive that was stored
	Ephemeral bool                  // the version goes when its last run closes, unless it is resident already
	Owner     string                // name of the token; empty = there are none
	Allowed   *fsm.Allowance        // nil = the owner may do more than bring ephemeral versions
	Only      *fsm.Scope            // the types that the archive may carry; nil = all
	Signed    []signature.Signature // of the archive's version
}

// StartPackage starts a run on the code that comes along with it. Load, start and pin are one
// entry: if any of them is refused, nothing has happened. The archive is checked again, and stored
// on a majority anew, before the entry that names it is proposed.
func (e *Engine) StartPackage(ctx context.Context, r StartRequest, along Along) (*fsm.PackageStarted, Answered, error) {
	if err := r.validate(); err != nil {
		return nil, Answered{}, err
	}
	if r.Version != "" {
		return nil, Answered{}, invalid("version", "and archive exclude each other: an archive is a version")
	}
	start, err := e.startOf(&r)
	if err != nil {
		return nil, Answered{}, err
	}
	if err := e.atLevel(2); err != nil {
		return nil, Answered{}, err
	}
	if err := e.knowsSignatures(along.Signed); err != nil {
		return nil, Answered{}, err
	}
	if res, ok, err := e.firstOutcome(r.Call); err != nil {
		return nil, Answered{}, err
	} else if ok {
		return outcome[*fsm.PackageStarted](r.Call, res)
	}
	began := time.Now()
	cmd := &fsm.StartPackage{Start: *start, Ephemeral: along.Ephemeral, Owner: along.Owner, Allowed: along.Allowed, Signatures: along.Signed}
	to, err := e.bringAlong(ctx, cmd, &along)
	if err != nil {
		if _, refusal := errors.AsType[fsm.Refusal](err); !refusal {
			return nil, Answered{}, err
		}
		// This may be a repeated request, whose archive is gone since.
		if err := e.cfg.Log.Sync(ctx); err != nil {
			return nil, Answered{}, err
		}
		if res, ok, err := e.firstOutcome(r.Call); err != nil {
			return nil, Answered{}, err
		} else if ok {
			return outcome[*fsm.PackageStarted](r.Call, res)
		}
		return nil, Answered{}, err
	}
	if age := time.Since(began); age > putAge {
		return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("storing the archive took %s; nothing was proposed", age)}
	}
	answer, a, err := proposeAhead[*fsm.PackageStarted](ctx, e, r.Call, cmd, func(c *convoy) { c.add(c.d.foreseeStart(&cmd.Start, to), 0) })
	if err == nil {
		e.metrics.starts.Inc()
	}
	return answer, a, err
}

// bringAlong checks the archive as a deploy does, and the input against its schema, and stores the
// archive on a majority.
func (e *Engine) bringAlong(ctx context.Context, cmd *fsm.StartPackage, along *Along) (to startsOn, err error) {
	data, err := e.cfg.Blobs.Get(ctx, along.Archive)
	if err != nil {
		if ctx.Err() != nil {
			return to, err
		}
		return to, &ArchiveNotStored{Archive: along.Archive, Why: err.Error()}
	}
	archive, err := e.openAndCheck(ctx, data)
	if err != nil {
		return to, err
	}
	cmd.Package, cmd.Bytes = archive.Package().In(namespace.Asked(ctx)), uint64(len(data))
	if err := mayDeploy(along.Only, cmd.Package.Types()); err != nil {
		return to, err
	}
	member, carried := cmd.Package.Member(cmd.Start.Type)
	if !carried {
		return to, invalid("type", "is %q, which the archive does not carry; it carries %s", namespace.Bare(cmd.Start.Type), firstTypes(bareTypes(cmd.Package.Types())))
	}
	to = startsOn{&cmd.Package, member}
	if cmd.Start.CheckedSchema = to.schema(); !to.schema().IsZero() {
		if violation, err := e.violates(ctx, to, cmd.Start.Input); err != nil || violation != nil {
			return to, errors.Join(err, violation)
		}
	}
	_, err = e.storeArchive(ctx, data)
	return to, err
}

// firstTypes names the first of the workflow types that a package carries.
func firstTypes(types []string) string {
	const named = 10
	text := strings.Join(types[:min(len(types), named)], ", ")
	if more := len(types) - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
