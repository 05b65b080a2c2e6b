package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// Releaser is what the route of deployments needs from a node.
type Releaser interface {
	DeployTogether(ctx context.Context, r engine.DeployRequest) (*fsm.DeployAnswer, *engine.Plan, engine.Answered, error)
}

type deploymentInput struct{ Keyed }

func (s *Server) deploy(ctx context.Context, _ *deploymentInput) (*answer[wire.DeploymentAnswer], error) {
	release, err := s.loads.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	var d wire.Deployment
	c, err := change(ctx, &d, required)
	if err != nil {
		return nil, err
	}
	if who := &exchangeOf(ctx).caller; who.allowed != nil && !d.DryRun {
		return nil, who.onlyEphemeral()
	}
	r := engine.DeployRequest{Call: c, Message: d.Message, DryRun: d.DryRun}
	if d.Expect != nil {
		for _, typ := range slices.Sorted(maps.Keys(d.Expect.Routes)) {
			r.Expect = append(r.Expect, catalog.Expect{Type: typ, Ref: d.Expect.Routes[typ]})
		}
	}
	for i := range d.Changes {
		change, err := changeOf(&d.Changes[i])
		if err != nil {
			if refusal, ok := errors.AsType[fsm.Refusal](err); ok {
				err = &engine.ChangeError{Change: i, Op: clip(d.Changes[i].Op), Reason: refusal}
			}
			return nil, err
		}
		r.Changes = append(r.Changes, change)
	}
	done, plan, a, err := s.cfg.Releaser.DeployTogether(ctx, r)
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.DeploymentAnswer{Changes: make([]json.RawMessage, len(done.Changes)), DryRun: d.DryRun, Answered: answered(a)}
	for i, one := range done.Changes {
		if body.Changes[i], err = exchangeOf(ctx).departed(s.changeAnswer(one, a)); err != nil {
			return nil, fmt.Errorf("encode the answer of change %d: %w", i, err)
		}
	}
	if plan != nil {
		body.Plan = planOf(plan)
	}
	return &answer[wire.DeploymentAnswer]{Index: a.Index, Body: body}, nil
}

// changeOf reads a change. Members that do not belong to its op are refused: whoever sets them
// expects them to do something.
func changeOf(c *wire.Change) (r engine.ChangeRequest, err error) {
	r.Op = c.Op
	rest := *c
	rest.Op = ""
	switch c.Op {
	case engine.OpLoad:
		rest.Archive, rest.Route, rest.Gate, rest.Signatures = "", nil, "", nil
		if r.Signed, err = signatures("signatures", c.Signatures); err != nil {
			return r, err
		}
		r.Gate = c.Gate
		if r.Archive, err = catalog.ParseDigest(c.Archive); err != nil {
			return r, invalid("archive", "is %q; want the SHA-256 that PUT /v1/archives answers", clip(c.Archive))
		}
		r.Route = c.Route == nil || *c.Route
	case engine.OpRoute, engine.OpUnload:
		rest.Type, rest.Version = "", ""
		if r.Type, r.Version = c.Type, c.Version; r.Version == "" {
			return r, invalid("version", "is missing")
		}
	case engine.OpUnroute:
		rest.Type, r.Type = "", c.Type
	case engine.OpCanary:
		r.Type, r.Version = c.Type, c.Version
		r.Canary, err = canaryOf(wire.CanaryRequest{Share: c.Share, Key: c.Key, AbortFailures: c.AbortFailures, PromoteAfter: c.PromoteAfter, For: c.For})
		if err != nil {
			return r, err
		}
		rest.Type, rest.Version, rest.Share, rest.Key, rest.AbortFailures, rest.PromoteAfter, rest.For = "", "", "", "", 0, 0, ""
	case engine.OpSchedule:
		rest = wire.Change{
			Archive: c.Archive, Route: c.Route, Signatures: c.Signatures, Version: c.Version, Share: c.Share, Key: c.Key, AbortFailures: c.AbortFailures, PromoteAfter: c.PromoteAfter, For: c.For,
		}
		if c.ScheduleID == "" {
			return r, invalid("schedule_id", "is missing: name the schedule")
		}
		if r.Schedule, err = scheduleRow(c.Schedule()); err != nil {
			return r, err
		}
	default:
		return r, nil // the engine says which ops there are
	}
	if left, _ := json.Marshal(rest); string(left) != `{"op":""}` {
		var names map[string]json.RawMessage
		json.Unmarshal(left, &names)
		delete(names, "op")
		return r, invalid(slices.Sorted(maps.Keys(names))[0], "does not belong to op %s", c.Op)
	}
	return r, nil
}

// changeAnswer is what the operation alone would be answered.
func (s *Server) changeAnswer(c fsm.ChangeAnswer, a engine.Answered) any {
	switch {
	case c.Load != nil:
		return loadAnswer(c.Load, a)
	case c.Route != nil:
		return routeAnswer(c.Route, a)
	case c.Unload != nil:
		return unloadAnswerOf(c.Unload, a)
	case c.Canary != nil:
		return wire.CanaryAnswer{Canary: endedCanary(c.Canary), Answered: answered(a)}
	}
	return s.scheduleAnswer(c.Schedule, a)
}

func planOf(p *engine.Plan) *wire.Plan {
	w := &wire.Plan{
		Changes: p.Changes(), Versions: []wire.PlannedVersion{}, Routes: []wire.PlannedRoute{}, Dropped: []wire.DroppedType{}, Pinned: []wire.PlannedPins{},
		Canaries: []wire.PlannedCanary{}, Schedules: []wire.PlannedSchedule{}, Unchecked: p.Unchecked, Unpolled: list(p.Unpolled), Stopped: stopsOf(p.Stopped), PollsSince: p.PollsSince.UTC(),
	}
	for _, v := range p.Versions {
		w.Versions = append(w.Versions, wire.PlannedVersion{Version: v.Version.String(), WorkflowTypes: v.Types, Resident: v.Resident, SignedBy: v.Signers})
	}
	for _, r := range p.Routes {
		w.Routes = append(w.Routes, wire.PlannedRoute{WorkflowType: r.Type, From: versionText(r.From), To: versionText(r.To)})
	}
	for _, r := range p.Dropped {
		w.Dropped = append(w.Dropped, wire.DroppedType{WorkflowType: r.Type, Version: versionText(r.From)})
	}
	for _, v := range p.Pinned {
		w.Pinned = append(w.Pinned, wire.PlannedPins{Version: v.Version.String(), WorkflowTypes: v.Types, Pins: wire.PinCounts(v.Pins)})
	}
	for _, c := range p.Canaries {
		planned := wire.PlannedCanary{
			WorkflowType: c.Canary.Type, Version: c.Canary.Version.String(), Routed: versionText(c.Routed), Share: shareText(c.Canary.Share), Key: c.Canary.Key,
			AbortFailures: c.Canary.AbortFailures, PromoteAfter: c.Canary.PromoteAfter, Until: whenUntil(&c.Canary),
		}
		if c.Before != nil {
			planned.ShareBefore = shareText(c.Before.Share)
		}
		w.Canaries = append(w.Canaries, planned)
	}
	for _, f := range p.Schedules {
		w.Schedules = append(w.Schedules, wire.PlannedSchedule{ScheduleID: f.ID, WorkflowType: f.Type, Reason: f.Reason})
	}
	return w
}
