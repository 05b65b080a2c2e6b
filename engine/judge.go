package engine

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// The values that a turn hands on are checked where the turn is made, and the result is recorded
// with the turn: apply and replay never ask a library whether a value is valid.

// checkHandedOn checks the inputs that a turn gives to children and to the next run, and the run's
// result. A child whose input does not fit starts as failed, and checks says so. A run whose result
// does not fit fails: the failure replaces the completion in asked.
func (e *Engine) checkHandedOn(ctx context.Context, run *rows.Run, asked []history.Data) (checks []fsm.InputCheck, err error) {
	for i, data := range asked {
		switch d := data.(type) {
		case *history.ChildWorkflowStarted:
			var pkg *catalog.Package
			var member *catalog.Member
			e.cfg.Log.View(func(v fsm.View) {
				var version catalog.Version
				if version, member, _ = fsm.ChildVersion(v.Catalog(), run.Version, d, fsm.RunLot(v, run)); member != nil {
					pkg, _ = v.Catalog().Package(version)
				}
			})
			check, err := e.checkMemberInput(ctx, pkg, member, d.Input)
			if err != nil {
				return nil, err
			}
			if check != nil {
				check.ID = d.ID
				checks = append(checks, *check)
			}
		case *history.WorkflowContinuedAsNew:
			var pkg *catalog.Package
			var member *catalog.Member
			e.cfg.Log.View(func(v fsm.View) {
				var ok bool
				if pkg, ok = v.Catalog().Package(fsm.NextVersion(v.Catalog(), run, d, fsm.RunLot(v, run))); ok {
					member, _ = pkg.Member(run.Type)
				}
			})
			check, err := e.checkMemberInput(ctx, pkg, member, d.Input)
			if err != nil {
				return nil, err
			}
			if check != nil && check.Flaw != "" {
				asked[i] = &history.WorkflowFailed{Error: history.RunError{Kind: history.KindInvalidInput, Message: "continue_as_new: " + check.Flaw}}
			} else if check != nil {
				checks = append(checks, *check)
			}
		case *history.WorkflowCompleted:
			flaw, err := e.checkOutput(ctx, run.Version, run.Type, d.Result)
			if err != nil {
				return nil, err
			}
			if flaw != "" {
				asked[i] = &history.WorkflowFailed{Error: history.RunError{Kind: history.KindInvalidOutput, Message: flaw}}
			}
		}
	}
	return checks, nil
}

// checkMemberInput checks an input for a member of a package; nil = the member has no schema.
func (e *Engine) checkMemberInput(ctx context.Context, pkg *catalog.Package, member *catalog.Member, input history.Payload) (*fsm.InputCheck, error) {
	if pkg == nil || member == nil || member.InputSchema.IsZero() {
		return nil, nil
	}
	s, err := e.schemas.Input(ctx, pkg, member)
	if err != nil {
		return nil, err
	}
	check := &fsm.InputCheck{Schema: member.InputSchema}
	at, reason, err := s.Check(ctx, input)
	if err != nil {
		return nil, err
	}
	if reason != "" {
		violation := &schema.Violation{Type: member.Type, Version: pkg.Version, Pointer: at, Reason: reason}
		check.Flaw = clip.To(fsm.Bare(pkg.Space(), violation).Error(), MaxMessage)
	}
	return check, nil
}

// checkOutput returns why a result does not fit the output schema of a type in a loaded version;
// empty = it fits, or there is no schema.
func (e *Engine) checkOutput(ctx context.Context, version catalog.Version, typ string, result history.Payload) (flaw string, err error) {
	s, err := e.schemas.Output(ctx, version, typ, func() (pkg *catalog.Package, err error) {
		e.cfg.Log.View(func(v fsm.View) {
			var ok bool
			if pkg, ok = v.Catalog().Package(version); !ok {
				err = errors.New("its version is not loaded")
			}
		})
		return pkg, err
	})
	if err != nil || s == nil {
		return "", err
	}
	return outputFlaw(ctx, s, version, typ, result)
}

// outputFlaw returns why a result does not fit an output schema; empty = it fits.
func outputFlaw(ctx context.Context, s *schema.Schema, version catalog.Version, typ string, result history.Payload) (flaw string, err error) {
	at, reason, err := s.Check(ctx, result)
	if err != nil || reason == "" {
		return "", err
	}
	what := "the result"
	if at != "" {
		what += " at " + at
	}
	return clip.To(fmt.Sprintf("%s does not fit the output schema of %q (version %s): %s", what, namespace.Bare(typ), namespace.Version(namespace.Of(typ), version).Short(), reason), MaxMessage), nil
}

// outputFlaws returns what checks results against the output schemas of an archive.
func outputFlaws(a *catalog.Archive) (func(context.Context, string, history.Payload) (string, error), error) {
	outputs := map[string]*schema.Schema{}
	for _, m := range a.Members() {
		w, _ := a.Workflow(m.Type)
		if w.OutputSchema == nil {
			continue
		}
		s, err := schema.Compile(w.OutputSchema)
		if err != nil {
			return nil, fmt.Errorf("the output schema of %q: %w", m.Type, err)
		}
		outputs[m.Type] = s
	}
	return func(ctx context.Context, typ string, result history.Payload) (string, error) {
		s := outputs[typ]
		if s == nil {
			return "", nil
		}
		return outputFlaw(ctx, s, a.Version, typ, result)
	}, nil
}
