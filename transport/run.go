package transport

import (
	"context"
	"net/http"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// RunReader is what the routes that show runs need from a node.
type RunReader interface {
	// Result waits up to wait; if the run is still open then, it returns its open status.
	Result(ctx context.Context, rd engine.Read, ref fsm.RunRef, wait time.Duration) (*engine.Result, error)
	// Describe lists at most limit of the pending activities.
	Describe(ctx context.Context, rd engine.Read, ref fsm.RunRef, limit int) (*engine.Description, error)
	// History waits for more at the end of an open run's history. next 0 = the run is closed and
	// has no more events.
	History(ctx context.Context, rd engine.Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (events []history.Event, next uint64, index uint64, err error)
	// Turns returns at most limit turns of a run after one, and the run.
	Turns(ctx context.Context, rd engine.Read, ref fsm.RunRef, after uint64, limit int) (rows.Run, []history.Turn, error)
	List(ctx context.Context, rd engine.Read, f fsm.RunFilter, versionRef string, limit int, cursor string) ([]rows.Run, string, uint64, error)
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
		r, err = s.cfg.RunReader.Result(ctx, rd, ref, wait)
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
	d, err := s.cfg.RunReader.Describe(ctx, rd, ref, wire.MaxPending)
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
	if x := exchangeOf(ctx); x.may(grant.Payload, d.Run.Type) != nil {
		x.withholdOfRun(&body)
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

	Record    bool   `query:"record" doc:"With what a replay needs: each event as it is recorded, and the run's turns. Needs the grant payload"`
	AfterTurn uint64 `query:"after_turn" doc:"With record=true: turns after this number"`
}

func (s *Server) history(ctx context.Context, in *historyInput) (*answer[wire.History], error) {
	rd, ref, wait, err := in.watch(ctx)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	withhold := false
	if r := x.caller.reach(grant.Payload); !r.Whole() {
		run, err := s.cfg.Authority.FindRun(ctx, rd, ref)
		if err != nil {
			return nil, err
		}
		ref.RunID, withhold = run.RunID, !r.Type(namespace.Bare(run.Type))
	}
	var events []history.Event
	var next, index uint64
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		events, next, index, err = s.cfg.RunReader.History(ctx, rd, ref, in.From, in.Limit, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	body := wire.History{Events: make([]wire.Event, len(events)), Next: next, Indexed: at(index)}
	body.PayloadWithheld = withhold
	for i, e := range events {
		e.Data = history.Bare(x.space, e.Data)
		if withhold {
			e = withoutPayloads(e)
		}
		if body.Events[i], err = eventOf(e); err != nil {
			return nil, err
		}
		if in.Record && !withhold {
			if body.Events[i].Bytes, err = history.AppendEvent(nil, e); err != nil {
				return nil, err
			}
		}
	}
	if in.Record && !withhold {
		run, turns, err := s.cfg.RunReader.Turns(ctx, rd, ref, in.AfterTurn, wire.MaxPage)
		if err != nil {
			return nil, err
		}
		body.Record = recordOf(run, turns)
	}
	return &answer[wire.History]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

func recordOf(run rows.Run, turns []history.Turn) *wire.RunRecord {
	r := &wire.RunRecord{WorkflowID: run.WorkflowID, RunID: run.RunID.String(), WorkflowType: run.Type, Version: run.Version.String(), Status: run.Status.String(),
		Reopened: run.Reopened, Turns: make([]wire.Turn, len(turns))}
	for i, t := range turns {
		r.Turns[i] = wire.Turn{N: t.N, Through: t.Through, At: t.At.Std(), FirstSeq: t.FirstSeq, Count: t.Count, Cut: t.Cut, Rules: t.Rules, Waits: t.Waits}
	}
	return r
}

type listInput struct {
	Fresh
	Paged
	OfKind
	Parent        string `query:"parent" ns:"name" doc:"Workflow id of the parent"`
	StartedAfter  string `query:"started_after" doc:"RFC 3339; at or after"`
	StartedBefore string `query:"started_before" doc:"RFC 3339"`
	ClosedAfter   string `query:"closed_after" doc:"RFC 3339; at or after. Leaves out open runs"`
	ClosedBefore  string `query:"closed_before" doc:"RFC 3339. Leaves out open runs"`
	Sort          string `query:"sort" doc:"started, closed or the name of an attribute, with a - before it for the greatest first; default: -started. By closed or an attribute: only runs that have it"`
	Found
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
	if err := in.narrow(&f); err != nil {
		return nil, err
	}
	if f.Sort, err = sortOf(in.Sort); err != nil {
		return nil, err
	}
	runs, next, index, err := s.cfg.RunReader.List(ctx, rd, f, in.Version, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Runs{Workflows: make([]wire.Run, len(runs)), NextCursor: next, Indexed: at(index)}
	for i := range runs {
		body.Workflows[i] = runOf(&runs[i])
	}
	return &answer[wire.Runs]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}
