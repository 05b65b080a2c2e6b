package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

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
	if r.Type == "" {
		return nil, invalid("type", "is missing: name the workflow type to start")
	}
	req := engine.StartRequest{Call: c, Type: r.Type, WorkflowID: r.WorkflowID, Version: r.Version, Input: history.Payload(r.Input), Attributes: attributes(r.Attributes)}
	if req.Timeout, err = span("timeout", r.Timeout, 1, engine.MaxTimeout); err != nil {
		return nil, err
	}
	run, a, err := s.cfg.API.Start(ctx, req)
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.StartAnswer{WorkflowID: run.WorkflowID, RunID: run.RunID.String(), Version: run.Version.String(), Answered: answered(a)}
	if wait > 0 {
		s.await(ctx, run, wait, &body)
	}
	return &answer[wire.StartAnswer]{Index: a.Index, Body: body}, nil
}

// await adds to the answer of a start how the run stands after waiting. The start has happened: if its result cannot be told, the answer just lacks it.
func (s *Server) await(ctx context.Context, run *fsm.StartAnswer, wait time.Duration, body *wire.StartAnswer) {
	until := time.Now().Add(wait)
	var r *engine.Result
	look := func(ref fsm.RunRef) error {
		return s.poll(ctx, time.Until(until), func(ctx context.Context, wait time.Duration) (err error) {
			r, err = s.cfg.API.Result(ctx, engine.Read{Room: exchangeOf(ctx).reserve}, ref, wait)
			return err
		})
	}
	err := look(fsm.RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID})
	if err == nil && r.Status == history.StatusContinuedAsNew { // the result is that of the last run of the chain
		err = look(fsm.RunRef{WorkflowID: run.WorkflowID})
	}
	if err != nil {
		s.log.Debug("a run was started, but its result could not be waited for", "workflow", run.WorkflowID, "error", err)
		return
	}
	w := resultOf(r)
	body.Status, body.Result, body.Error = w.Status, w.Result, w.Error
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

// resultAnswer is an answer with a status of its own: 202 while the run is open.
type resultAnswer struct {
	Status        int
	Index         uint64 `header:"Aion-Index"`
	LeaderContact string `header:"Aion-Leader-Contact"`
	Body          wire.Result
}

type resultInput struct{ Watched }

func (s *Server) result(ctx context.Context, in *resultInput) (*resultAnswer, error) {
	rd, ref, wait, err := in.watch(ctx)
	if err != nil {
		return nil, err
	}
	var r *engine.Result
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		r, err = s.cfg.API.Result(ctx, rd, ref, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if r.Status.Open() {
		status = http.StatusAccepted
	}
	return &resultAnswer{Status: status, Index: r.Index, LeaderContact: s.contact(rd), Body: resultOf(r)}, nil
}

type describeInput struct{ Looked }

func (s *Server) describe(ctx context.Context, in *describeInput) (*answer[wire.Described], error) {
	rd, ref, err := in.look(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.cfg.API.Describe(ctx, rd, ref, wire.MaxPending)
	if err != nil {
		return nil, err
	}
	body := wire.Described{Run: runOf(&d.Run), Chain: chainOf(&d.Chain), Indexed: at(d.Index), PendingActivities: make([]wire.PendingActivity, len(d.Pending))}
	for i := range d.Pending {
		body.PendingActivities[i] = pendingOf(&d.Pending[i])
	}
	if d.Total > uint64(len(d.Pending)) {
		body.PendingActivitiesTotal = d.Total
	}
	body.Input, body.UnreadSignals, body.CancelReason, body.PauseReason = value(d.Input), d.Unread, d.Why.Cancel, d.Why.Pause
	if !d.Run.Status.Open() {
		how := resultOf(d.Result)
		body.Result, body.Error = how.Result, how.Error
	}
	body.Children = make([]wire.ChildRun, len(d.Children))
	for i, c := range d.Children {
		body.Children[i] = wire.ChildRun{WorkflowID: c.WorkflowID, RunID: c.RunID.String(), WorkflowType: c.Type, Status: c.Status.String()}
	}
	if d.Open > uint64(len(d.Children)) {
		body.ChildrenTotal = d.Open
	}
	return &answer[wire.Described]{Index: d.Index, LeaderContact: s.contact(rd), Body: body}, nil
}

type historyInput struct {
	Watched
	From  uint64 `query:"from" minimum:"1" doc:"First seq; default 1"`
	Limit int    `query:"limit" minimum:"1" doc:"1 to 1000; default 100"`
}

func (s *Server) history(ctx context.Context, in *historyInput) (*answer[wire.History], error) {
	rd, ref, wait, err := in.watch(ctx)
	if err != nil {
		return nil, err
	}
	var events []history.Event
	var next, index uint64
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		events, next, index, err = s.cfg.API.History(ctx, rd, ref, in.From, in.Limit, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	body := wire.History{Events: make([]wire.Event, len(events)), Next: next, Indexed: at(index)}
	for i, e := range events {
		if body.Events[i], err = eventOf(e); err != nil {
			return nil, err
		}
	}
	return &answer[wire.History]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type listInput struct {
	Fresh
	Paged
	OfKind
	Parent        string   `query:"parent" doc:"Workflow id of the parent"`
	StartedAfter  string   `query:"started_after" doc:"RFC 3339; at or after"`
	StartedBefore string   `query:"started_before" doc:"RFC 3339"`
	ClosedAfter   string   `query:"closed_after" doc:"RFC 3339; at or after. Leaves out open runs"`
	ClosedBefore  string   `query:"closed_before" doc:"RFC 3339. Leaves out open runs"`
	Attributes    []string `query:"attr,explode" doc:"NAME=VALUE, the value JSON or else a string, a NAME that has a = in it as a JSON string; may repeat"`
}

func (s *Server) list(ctx context.Context, in *listInput) (*answer[wire.Runs], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	f.Parent = in.Parent
	for _, m := range []struct {
		name, text string
		time       *history.Time
	}{
		{"started_after", in.StartedAfter, &f.StartedFrom}, {"started_before", in.StartedBefore, &f.StartedBefore},
		{"closed_after", in.ClosedAfter, &f.ClosedFrom}, {"closed_before", in.ClosedBefore, &f.ClosedBefore},
	} {
		if *m.time, err = moment(m.name, m.text); err != nil {
			return nil, err
		}
	}
	for _, a := range in.Attributes {
		name, text, ok := wire.CutAttribute(a)
		if !ok {
			return nil, invalid("attr", "is %q; want NAME=VALUE, a name with a = in it as \"NAME\"=VALUE", clip(a))
		}
		if f.Attributes == nil {
			f.Attributes = history.Attributes{}
		}
		f.Attributes[name] = history.Payload(wire.AttributeValue(text))
	}
	runs, next, index, err := s.cfg.API.List(ctx, rd, f, in.Version, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Runs{Workflows: make([]wire.Run, len(runs)), NextCursor: next, Indexed: at(index)}
	for i := range runs {
		body.Workflows[i] = runOf(&runs[i])
	}
	return &answer[wire.Runs]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type signalInput struct {
	Keyed
	OfRun
	Named
}

func (s *Server) signal(ctx context.Context, in *signalInput) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	var payload json.RawMessage
	c, err := change(ctx, &payload, optional)
	if err != nil {
		return nil, err
	}
	return reached(s.cfg.API.Signal(ctx, c, ref, in.Name, history.Payload(payload)))
}

type queryInput struct {
	Looked
	Named
}

func (s *Server) query(ctx context.Context, in *queryInput) (*answer[wire.QueryAnswer], error) {
	rd, ref, err := in.look(ctx)
	if err != nil {
		return nil, err
	}
	var q wire.QueryRequest
	if err := exchangeOf(ctx).decode(&q, optional); err != nil {
		return nil, err
	}
	result, index, err := s.cfg.API.Query(ctx, rd, ref, in.Name, history.Payload(q.Args))
	if err != nil {
		return nil, err
	}
	return &answer[wire.QueryAnswer]{Index: index, LeaderContact: s.contact(rd), Body: wire.QueryAnswer{Result: value(result), Indexed: at(index)}}, nil
}

type commandInput struct {
	Keyed
	OfRun
}

func (s *Server) cancel(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.API.Cancel)
}

func (s *Server) terminate(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.API.Terminate)
}

func (s *Server) pause(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.API.Pause)
}

func (s *Server) resume(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return reached(s.cfg.API.Resume(ctx, c, ref))
}

func (s *Server) reopen(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.API.Reopen)
}

func (s *Server) withReason(ctx context.Context, in *commandInput,
	command func(context.Context, engine.Call, fsm.RunRef, string) (*fsm.RunAnswer, engine.Answered, error)) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	var r wire.Reason
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return reached(command(ctx, c, ref, r.Reason))
}

func reached(r *fsm.RunAnswer, a engine.Answered, err error) (*answer[wire.RunAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.RunAnswer]{Index: a.Index, Body: runAnswer(r, a)}, nil
}
