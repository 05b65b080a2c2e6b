package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
	"github.com/google/uuid"
)

// StartRequest asks to start a run.
type StartRequest struct {
	Call
	Type       string
	WorkflowID string // empty = generate one
	Version    string // full or a prefix; empty = the one that is routed when the start is applied
	Input      history.Payload
	Attributes history.Attributes
	Timeout    time.Duration // of the whole run; 0 = the workflow's default
	Options    StartOptions
}

// rechecks bounds how often a start follows a route that keeps moving to versions with other input
// schemas.
const rechecks = 5

// Start starts a run. Applying the entry decides which version the run gets, but the input must be
// checked against a schema before that. So the entry carries the digest of that schema, and if the
// state machine resolves a version with another one, it asks for another check.
func (e *Engine) Start(ctx context.Context, r StartRequest) (*fsm.StartAnswer, Answered, error) {
	cmd, err := e.startOf(&r)
	if err != nil {
		return nil, Answered{}, err
	}
	began := time.Now()
	for range rechecks {
		var violation error
		var to startsOn
		if to, violation, err = e.checkInput(ctx, cmd); err != nil {
			return nil, Answered{}, err
		}
		if violation != nil {
			// Before refusing, read everything that was acknowledged: the route may have changed,
			// or this may be a repeated request.
			if err := e.cfg.Log.Sync(ctx); err != nil {
				return nil, Answered{}, err
			}
			if res, ok, err := e.firstOutcome(r.Call); err != nil {
				return nil, Answered{}, err
			} else if ok {
				return outcome[*fsm.StartAnswer](r.Call, res)
			}
			if to, violation, err = e.checkInput(ctx, cmd); err != nil {
				return nil, Answered{}, err
			}
			if violation != nil {
				return nil, Answered{}, violation
			}
		}
		cmd.CheckedSchema = to.schema()
		answer, a, err := e.proposeStart(ctx, r.Call, cmd, to)
		var recheck *fsm.Recheck
		if !errors.As(err, &recheck) {
			if err == nil {
				e.metrics.starts.Inc()
				if e.cfg.Tracer != nil {
					e.cfg.Tracer.Reached(ctx, answer.RunID, cmd.WorkflowID, cmd.Type, !a.Deduplicated, began)
				}
			}
			return answer, a, err
		}
	}
	return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("the route of %q moved %d times to versions with another input schema while this start was under way", r.Type, rechecks)}
}

// proposeStart proposes a start. While an open run that is to receive its signal is about to close
// it retries, as proposeToOpenRun does.
func (e *Engine) proposeStart(ctx context.Context, c Call, cmd *fsm.StartRun, to startsOn) (*fsm.StartAnswer, Answered, error) {
	most, cancel := context.WithTimeout(ctx, closingWait)
	defer cancel()
	wait := backoff{first: 5 * time.Millisecond, most: 200 * time.Millisecond}
	for {
		answer, a, err := proposeAhead[*fsm.StartAnswer](ctx, e, c, cmd, func(c *convoy) { c.add(c.d.foreseeStart(cmd, to), 0) })
		var closes *fsm.RunCloses
		if !errors.As(err, &closes) || wait.pause(most) != nil {
			return answer, a, err
		}
	}
}

// startOf returns the command of a start. A repeated request mints another run id; the state
// machine returns the first one.
func (e *Engine) startOf(r *StartRequest) (*fsm.StartRun, error) {
	if err := e.checkStart(r); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("engine: mint a run id: %w", err)
	}
	options, err := e.options(&r.Options)
	if err != nil {
		return nil, err
	}
	cmd := &fsm.StartRun{
		WorkflowID: r.WorkflowID, RunID: history.RunID(id), Type: r.Type, Version: r.Version,
		Input: r.Input, Attributes: r.Attributes, Timeout: history.Duration(r.Timeout), Options: options,
	}
	if cmd.WorkflowID == "" {
		cmd.WorkflowID = namespace.Qualify(namespace.Of(r.Type), id.String())
	}
	return cmd, nil
}

func (e *Engine) checkStart(r *StartRequest) (err error) {
	if err := checkType("type", r.Type); err != nil {
		return err
	}
	if r.WorkflowID != "" {
		if err := checkRef(fsm.RunRef{WorkflowID: r.WorkflowID}); err != nil {
			return err
		}
	}
	if err := checkText("version", r.Version, 64); err != nil {
		return err
	}
	if r.Timeout < 0 || r.Timeout > MaxTimeout {
		return invalid("timeout", "is %s; more than 0s and at most %s is allowed", r.Timeout, MaxTimeout)
	}
	if err := e.checkPayload("input", r.Input); err != nil {
		return err
	}
	if err := checkAttributeNames(r.Attributes); err != nil {
		return err
	}
	r.Attributes, err = checkAttributes(r.Attributes)
	return err
}

// startsOn is where a start would run now, as far as this node knows; empty if it knows of no such
// type or version.
type startsOn struct {
	pkg    *catalog.Package
	member *catalog.Member
}

// schema is the digest of the schema that inputs must fit; zero = any input does.
func (to startsOn) schema() catalog.Digest {
	if to.member == nil {
		return catalog.Digest{}
	}
	return to.member.InputSchema
}

// checkInput checks cmd's input against the schema of the version that it would start now. If this
// node does not know the type or version, the state machine refuses.
func (e *Engine) checkInput(ctx context.Context, cmd *fsm.StartRun) (to startsOn, violation, err error) {
	e.cfg.Log.View(func(v fsm.View) {
		c := v.Catalog()
		if cmd.Version == "" {
			_, to.pkg, to.member, _ = c.ResolveFor(cmd.Type, fsm.StartLot(cmd.WorkflowID, cmd.Attributes))
			return
		}
		if version, err := c.FindFor(cmd.Type, cmd.Version); err == nil {
			to.pkg, _ = c.Package(version)
			to.member, _ = to.pkg.Member(cmd.Type)
		}
	})
	if to.schema().IsZero() {
		return to, nil, nil
	}
	violation, err = e.violates(ctx, to, cmd.Input)
	return to, violation, err
}

// violates returns how an input does not fit the schema of what a start would run; nil = it fits.
func (e *Engine) violates(ctx context.Context, to startsOn, input history.Payload) (violation, err error) {
	s, err := e.schemas.Input(ctx, to.pkg, to.member)
	if err != nil {
		return nil, err
	}
	at, reason, err := s.Check(ctx, input)
	if err != nil {
		return nil, &Unavailable{Why: fmt.Sprintf("the input was not checked against its schema: %v", err)}
	}
	if reason != "" {
		return &schema.Violation{Type: to.member.Type, Version: to.pkg.Version, Pointer: at, Reason: reason}, nil
	}
	return nil, nil
}
