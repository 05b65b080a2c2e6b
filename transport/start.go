package transport

import (
	"cmp"
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Starter is what the start of a run needs from a node, including the run's state for a caller that
// waits.
type Starter interface {
	Start(ctx context.Context, r engine.StartRequest) (*fsm.StartAnswer, engine.Answered, error)
	// StartPackage starts on code that comes along.
	StartPackage(ctx context.Context, r engine.StartRequest, along engine.Along) (*fsm.PackageStarted, engine.Answered, error)
	// StartMany starts each by itself, in order. It fails only if none of them has taken effect.
	StartMany(ctx context.Context, all []engine.StartRequest) ([]engine.Started, uint64, error)
	Result(ctx context.Context, rd engine.Read, ref fsm.RunRef, wait time.Duration) (*engine.Result, error) // as in RunReader
}

type startInput struct {
	Keyed
	Waits
}

func (s *Server) start(ctx context.Context, in *startInput) (*answer[wire.StartAnswer], error) {
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	var r wire.StartRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	update, err := updateOf(c, &r)
	if err != nil {
		return nil, err
	}
	req, err := startRequest(c, &r)
	if err != nil {
		return nil, err
	}
	started, a, err := s.startOrBring(ctx, req, &r)
	if err != nil {
		return nil, refused(a, err)
	}
	run := &started.Run
	body := wire.StartAnswer{
		WorkflowID: run.WorkflowID, RunID: run.RunID.String(), Version: run.Version.String(), FreshlyLoaded: started.FreshlyLoaded, Ephemeral: started.Ephemeral, Answered: answered(a),
		StartOutcome: startOutcome(&r, run),
	}
	switch {
	case update != nil:
		body.Update, body.UpdateProblem = s.updateStarted(ctx, c, run, *update, wait)
	case wait > 0:
		s.await(ctx, run, req.Type, since(a), wait, &body)
	}
	return &answer[wire.StartAnswer]{Index: a.Index, Body: body}, nil
}

// startOrBring starts a run on what is deployed, or on code that comes along.
func (s *Server) startOrBring(ctx context.Context, req engine.StartRequest, r *wire.StartRequest) (*fsm.PackageStarted, engine.Answered, error) {
	if c := &exchangeOf(ctx).caller; c.allowed != nil && (r.Archive == "" || !r.Ephemeral) {
		return nil, engine.Answered{}, c.onlyEphemeral()
	}
	if err := exchangeOf(ctx).mayStart(r); err != nil {
		return nil, engine.Answered{}, err
	}
	if r.Archive != "" {
		return s.bring(ctx, req, r)
	}
	if r.Ephemeral {
		return nil, engine.Answered{}, invalid("ephemeral", "needs archive: only a version that comes along with the run can go with it")
	}
	run, a, err := s.cfg.Starter.Start(ctx, req)
	if err != nil {
		return nil, a, err
	}
	return &fsm.PackageStarted{Run: *run}, a, nil
}

// bring starts a run on code that comes along. That is a deploy, too: the archive is in memory, and
// a node that drains accepts none.
func (s *Server) bring(ctx context.Context, req engine.StartRequest, r *wire.StartRequest) (*fsm.PackageStarted, engine.Answered, error) {
	x := exchangeOf(ctx)
	if s.refusesDeploys(x.r) {
		return nil, engine.Answered{}, wire.New("unavailable", "this node is draining and accepts no deploys; other nodes do")
	}
	along := engine.Along{Ephemeral: r.Ephemeral, Owner: x.owner(), Allowed: x.caller.allowed, Only: x.scopeOf(grant.Deploy)}
	if err := x.may(grant.Deploy, req.Type); err != nil { // the archive may carry others
		return nil, engine.Answered{}, err
	}
	var err error
	if along.Signed, err = signatures("signatures", r.Signatures); err != nil {
		return nil, engine.Answered{}, err
	}
	if along.Archive, err = catalog.ParseDigest(r.Archive); err != nil {
		return nil, engine.Answered{}, invalid("archive", "is %q; want the SHA-256 that PUT /v1/archives answers", clip(r.Archive))
	}
	release, err := s.loads.acquire(ctx)
	if err != nil {
		return nil, engine.Answered{}, err
	}
	defer release()
	return s.cfg.Starter.StartPackage(ctx, req, along)
}

// startRequest reads a start.
func startRequest(c engine.Call, r *wire.StartRequest) (req engine.StartRequest, err error) {
	if r.Type == "" {
		return req, invalid("type", "is missing: name the workflow type to start")
	}
	req = engine.StartRequest{Call: c, Type: r.Type, WorkflowID: r.WorkflowID, Version: r.Version, Input: history.Payload(r.Input), Attributes: attributes(r.Attributes)}
	req.Options = engine.StartOptions{IfOpen: r.IfOpen, IfClosed: r.IfClosed}
	if s := r.Signal; s != nil {
		req.Options.Signal = &engine.Letter{Name: s.Name, Payload: history.Payload(s.Payload)}
	}
	if p := r.Retry; p != nil {
		retry := &history.Retry{MaxAttempts: p.MaxAttempts, Factor: cmp.Or(p.Factor, 2), NonRetryable: p.NonRetryable}
		for _, d := range []struct {
			field, text, otherwise string
			into                   *history.Duration
		}{{"retry.backoff", p.Backoff, "1s", &retry.Backoff}, {"retry.max_backoff", p.MaxBackoff, "1m", &retry.MaxBackoff}} {
			long, err := span(d.field, cmp.Or(d.text, d.otherwise), 1, engine.MaxTimeout)
			if err != nil {
				return req, err
			}
			*d.into = history.Duration(long)
		}
		req.Options.Retry = retry
	}
	if req.Options.ChainTimeout, err = span("chain_timeout", r.ChainTimeout, 1, engine.MaxTimeout); err != nil {
		return req, err
	}
	if req.Options.Delay, err = span("delay", r.Delay, 1, engine.MaxTimeout); err != nil {
		return req, err
	}
	req.Timeout, err = span("timeout", r.Timeout, 1, engine.MaxTimeout)
	return req, err
}

// mayStart refuses a start whose type, or what it may do to the open run of its workflow id, the
// caller's grants do not reach. That run is of the same type, or the state machine refuses it.
func (x *exchange) mayStart(r *wire.StartRequest) error {
	kinds := []grant.Kind{grant.Start}
	if r.Signal != nil || r.Update != nil {
		kinds = append(kinds, grant.Signal)
	}
	if r.IfOpen == "terminate" {
		kinds = append(kinds, grant.Operate)
	}
	for _, k := range kinds {
		if err := x.may(k, r.Type); err != nil {
			return err
		}
	}
	return nil
}

// startOutcome says what a start came to that asked for more than a run; empty for others.
func startOutcome(r *wire.StartRequest, run *fsm.StartAnswer) (o wire.StartOutcome) {
	if r.Signal != nil || r.Update != nil || r.IfOpen != "" || r.IfClosed != "" || r.Delay != "" {
		o.Outcome, o.TerminatedRunID = engine.OutcomeName(run.Outcome), idOf(run.Terminated)
		if run.BeginsAt != 0 {
			at := run.BeginsAt.Std()
			o.BeginsAt = &at
		}
	}
	return o
}

// since says how fresh a read must be that belongs to the mutation it follows. A state with this
// call's own entry has everything that was acknowledged before the call, so it need not be
// confirmed. The first outcome of a repeated request may be older than that.
func since(a engine.Answered) engine.Read {
	if a.Deduplicated {
		return engine.Read{}
	}
	return engine.Read{Stale: true, MinIndex: a.Index}
}

// await waits for the run and adds its state to the answer of a start. The start has happened: if
// the result is not available, the answer simply lacks it.
func (s *Server) await(ctx context.Context, run *fsm.StartAnswer, typ string, rd engine.Read, wait time.Duration, body *wire.StartAnswer) {
	until := time.Now().Add(wait)
	rd.Room, rd.Only = exchangeOf(ctx).setReservation, &fsm.Scope{Types: []string{typ}, Space: exchangeOf(ctx).space}
	var r *engine.Result
	look := func(ref fsm.RunRef) error {
		return s.poll(ctx, time.Until(until), func(ctx context.Context, wait time.Duration) (err error) {
			r, err = s.cfg.Starter.Result(ctx, rd, ref, wait)
			return err
		})
	}
	err := look(fsm.RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID})
	if err == nil && !r.To.IsZero() { // the result is the one of the chain's last run
		err = look(fsm.RunRef{WorkflowID: run.WorkflowID})
	}
	if err != nil {
		s.log.Debug("a run was started, but its result could not be waited for", "workflow", run.WorkflowID, "error", err)
		return
	}
	w := resultOf(r)
	body.Status, body.Result, body.Error = w.Status, w.Result, w.Error
	if exchangeOf(ctx).may(grant.Payload, typ) != nil {
		body.Result, body.Error, body.PayloadWithheld = nil, nil, true
	}
}

func attributes(a wire.Attributes) history.Attributes {
	if a == nil {
		return nil
	}
	h := make(history.Attributes, len(a))
	for name, value := range a {
		h[name] = history.Payload(value)
	}
	return h
}
