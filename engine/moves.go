package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// MoveRequest says which open runs go from one version of their type to another.
type MoveRequest struct {
	Type     string
	From, To string           // loaded versions, or prefixes of them
	IDs      []string         // workflow ids; none = all that Where takes
	Where    []rows.Condition // only runs that meet all of these
	DryRun   bool             // prove, and move nothing
	Actor    string
	Request  *fsm.Request // of the call: repeated, it answers with the move that it began; nil = none
}

// maxMoved bounds the ids of one move.
const maxMoved = 10_000

// StartMove begins to move runs. Each is replayed on the new version as far as it has come; if it
// asks for the same there, one entry moves it, guarded by what was proven. Others stay, and are
// listed with the difference. The work is done by the node that leads, which alone knows the id: if
// it ends, the same call at the next leader takes up what is left.
func (e *Engine) StartMove(ctx context.Context, r MoveRequest) (id string, begun backtest.Report, err error) {
	if err := r.check(); err != nil {
		return "", begun, err
	}
	if id, begun, err = e.moves.begun(r.Request); id != "" || err != nil {
		return id, begun, err
	}
	if err := e.cfg.Log.Sync(ctx); err != nil {
		return "", begun, err
	}
	from, to, err := e.movable(ctx, &r)
	if err != nil {
		return "", begun, err
	}
	candidate, err := e.candidate(ctx, "", to.Version.String())
	if err != nil {
		return "", begun, err
	}
	running, err := e.moves.begin()
	if err != nil {
		return "", begun, err
	}
	asked := ctx
	ctx, stop := context.WithCancelCause(running)
	m := &move{e: e, request: r, from: from, to: to, candidate: candidate, prover: backtest.NewProver(e.moves.share), stop: stop}
	e.cfg.Log.View(func(v fsm.View) { m.Book = backtest.NewBook(v.Index(), m.atMost(v), time.Now()) })
	go func() {
		defer e.moves.end()
		defer stop(nil)
		m.run(ctx)
	}()
	id, begun = e.moves.keep(asked, r.Request, m)
	return id, begun, nil
}

// movable finds both versions.
func (e *Engine) movable(ctx context.Context, r *MoveRequest) (from catalog.Version, to *catalog.Package, err error) {
	if to, err = e.movableTo(ctx, "to", r.To); err != nil {
		return from, nil, err
	}
	e.view(ctx, func(v fsm.View) {
		if from, err = versionOf(v, r.From); err != nil {
			err = inField("from", err)
		} else {
			err = resolveConditions(v, r.Where)
		}
	})
	if err != nil {
		return from, nil, err
	}
	if _, ok := to.Member(r.Type); !ok {
		return from, nil, invalid("to", "is version %s, which does not carry %s", to.Content().Short(), catalog.Quote(namespace.Bare(r.Type)))
	}
	if from == to.Version {
		return from, nil, invalid("to", "is the version that the runs are on")
	}
	return from, to, nil
}

// movableTo finds a version that runs may be moved to.
func (e *Engine) movableTo(ctx context.Context, field, version string) (to *catalog.Package, err error) {
	if err := e.atLevel(2); err != nil {
		return nil, err
	}
	e.view(ctx, func(v fsm.View) {
		var full catalog.Version
		if full, err = v.Catalog().Find(version); err == nil {
			to, _ = v.Catalog().Package(full)
		}
	})
	return to, inField(field, err)
}

func (r *MoveRequest) check() error {
	if err := checkType("type", r.Type); err != nil {
		return err
	}
	if r.From == "" || r.To == "" {
		return invalid("from", "and to: give both versions")
	}
	if r.IDs != nil && len(r.IDs) == 0 {
		return invalid("ids", "is empty; leave it out to move all runs of the version")
	}
	if len(r.IDs) > maxMoved {
		return invalid("ids", "has %d workflow ids, the limit is %d", len(r.IDs), maxMoved)
	}
	for _, id := range r.IDs {
		if err := history.CheckWorkflowID(namespace.Bare(id)); err != nil {
			return invalid("ids", "%v", err)
		}
	}
	if len(r.IDs) > 0 && len(r.Where) > 0 {
		return invalid("ids", "and where: give one of them")
	}
	var err error
	r.Where, err = checkConditions(r.Where)
	return err
}

// Move returns how a move stands, as Backtest does for a backtest.
func (e *Engine) Move(ctx context.Context, id string, wait time.Duration, limit int, cursor string) (backtest.Report, string, error) {
	return e.moves.read(ctx, id, wait, limit, cursor)
}

// StopMove ends a move: what was moved stays moved.
func (e *Engine) StopMove(ctx context.Context, id string) (backtest.Report, error) {
	return e.moves.stopOne(ctx, id)
}

// move is one move under way.
type move struct {
	*backtest.Book
	e         *Engine
	request   MoveRequest
	from      catalog.Version
	to        *catalog.Package
	candidate *backtest.Candidate
	prover    *backtest.Prover
	stop      context.CancelCauseFunc
}

// Stop implements trial.
func (m *move) Stop() { m.stop(backtest.ErrStopped) }

func (m *move) atMost(v fsm.View) (n uint64) {
	if len(m.request.IDs) > 0 {
		return uint64(len(m.request.IDs))
	}
	for _, c := range v.CountRuns(fsm.RunFilter{Type: m.request.Type, Version: m.from}) {
		if c.Status.Open() {
			n += c.Count
		}
	}
	return n
}

func (m *move) run(ctx context.Context) {
	var n uint64
	var err error
	if len(m.request.IDs) > 0 {
		n, err = m.named(ctx)
	} else {
		n, err = m.all(ctx)
	}
	if err == nil {
		m.Found(n)
	}
	m.EndAs(ctx, err)
}

// named moves the runs that the caller named.
func (m *move) named(ctx context.Context) (n uint64, err error) {
	for _, id := range slices.Compact(slices.Sorted(slices.Values(m.request.IDs))) {
		var run rows.Run
		var why error
		m.e.cfg.Log.View(func(v fsm.View) { run, why = find(v, fsm.RunRef{WorkflowID: id}) })
		switch {
		case why != nil:
			m.Add(backtest.Result{WorkflowID: id, Verdict: backtest.Skipped, Why: why.Error()})
		case run.Type != m.request.Type:
			m.Add(skipped(run, fmt.Sprintf("it is of type %s", catalog.Quote(run.Type))))
		default:
			if err := m.one(ctx, run.RunID); err != nil {
				return n, err
			}
		}
		n++
	}
	return n, nil
}

// all moves every open run on the old version.
func (m *move) all(ctx context.Context) (n uint64, err error) {
	for _, status := range []history.Status{history.StatusRunning, history.StatusPaused} {
		f := fsm.RunFilter{Type: m.request.Type, Version: m.from, Status: status, Where: m.request.Where}
		for cursor := ""; ; {
			var runs []rows.Run
			m.e.cfg.Log.View(func(v fsm.View) { runs, cursor = v.ListRuns(f, 256, cursor) })
			for _, run := range runs {
				if err := m.one(ctx, run.RunID); err != nil {
					return n, err
				}
				n++
			}
			if cursor == "" {
				break
			}
			if ctx.Err() != nil {
				return n, context.Cause(ctx)
			}
		}
	}
	return n, nil
}

func skipped(run rows.Run, why string) backtest.Result {
	return backtest.Result{WorkflowID: run.WorkflowID, RunID: run.RunID, Version: run.Version, Verdict: backtest.Skipped, Why: why}
}

// one proves and moves one run, and notes what became of it. A run that takes a turn meanwhile is
// proven again. An error ends the whole move.
func (m *move) one(ctx context.Context, id history.RunID) error {
	for range rechecks {
		r, cmd, err := m.prove(ctx, id)
		if err != nil {
			return err
		}
		if cmd == nil || m.request.DryRun {
			m.Add(r)
			return nil
		}
		res, err := m.e.cfg.Log.Propose(ctx, fsm.Envelope{Actor: m.request.Actor, Command: cmd})
		if err != nil {
			return err
		}
		var fenced *fsm.Fenced
		switch {
		case res.Refusal == nil:
			r.Verdict, r.Version = backtest.Moved, m.to.Version
			m.Add(r)
			return nil
		case !errors.As(res.Refusal, &fenced):
			r.Verdict, r.Why = backtest.Skipped, res.Refusal.Error()
			m.Add(r)
			return nil
		}
	}
	var run rows.Run
	m.e.cfg.Log.View(func(v fsm.View) { run, _ = v.Run(id) })
	m.Add(skipped(run, fmt.Sprintf("it took turns each of the %d times that it was to be moved", rechecks)))
	return nil
}

// prove replays a run as it is now on the new version. A nil command means that it does not move.
func (m *move) prove(ctx context.Context, id history.RunID) (r backtest.Result, cmd *fsm.MoveRun, err error) {
	m.e.cfg.Log.View(func(v fsm.View) {
		run, ok := v.Run(id)
		switch {
		case !ok:
			r = backtest.Result{RunID: id, Verdict: backtest.Skipped, Why: "it was deleted"}
		case !run.Status.Open():
			r = skipped(run, "it has closed: "+run.Status.String())
		case run.Version != m.from:
			r = skipped(run, "it is on version "+namespace.Version(spaceOf(&run), run.Version).Short())
		default:
			past := v.Past()
			defer past.Close()
			if r, err = m.prover.Prove(ctx, m.candidate, past, run, m.e.limits.TurnTimeout); err == nil && r.Verdict == backtest.Same {
				cmd = &fsm.MoveRun{Run: fsm.RunRef{WorkflowID: run.WorkflowID, RunID: id}, From: m.from, To: m.to.Version, Turns: run.Turns, Reopened: uint64(len(run.Reopened))}
			}
		}
	})
	return r, cmd, err
}

// DoesNotReplay means that a run asks for something else on the version that it was to go on with.
type DoesNotReplay struct {
	WorkflowID             string
	RunID                  history.RunID
	To                     catalog.Version
	Seq                    uint64
	Recorded, Asked, Where string
}

func (e *DoesNotReplay) Error() string {
	return fmt.Sprintf("run %s of workflow %q does not replay on version %s: %srecorded is %s, the code asks for %s", e.RunID, e.WorkflowID, e.To.Short(), atEvent(e.Seq),
		cmp.Or(e.Recorded, "nothing more"), cmp.Or(e.Asked, "nothing more"))
}

// Code implements fsm.Refusal.
func (e *DoesNotReplay) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *DoesNotReplay) Facts() map[string]any {
	return map[string]any{"workflow_id": e.WorkflowID, "run_id": e.RunID.String(), "version": e.To.String(), "seq": e.Seq, "recorded": e.Recorded, "asked": e.Asked, "where": e.Where}
}

// ResumeOn is Resume on another version, after the run was moved there with proof. The move and the
// resumption are two entries: a run whose resumption is refused stays paused, on the new version.
func (e *Engine) ResumeOn(ctx context.Context, c Call, ref fsm.RunRef, version string) (*fsm.RunAnswer, Answered, error) {
	if err := checkRef(ref); err != nil {
		return nil, Answered{}, err
	}
	if res, ok, err := e.firstOutcome(c); ok || err != nil {
		if err != nil {
			return nil, Answered{}, err
		}
		return outcome[*fsm.RunAnswer](c, res)
	}
	if err := e.cfg.Log.Sync(ctx); err != nil {
		return nil, Answered{}, err
	}
	to, err := e.movableTo(ctx, "on", version)
	if err != nil {
		return nil, Answered{}, err
	}
	var run rows.Run
	e.cfg.Log.View(func(v fsm.View) { run, err = find(v, ref) })
	if err != nil {
		return nil, Answered{}, err
	}
	if run.Status == history.StatusPaused && run.Version != to.Version {
		if err := e.moveOne(ctx, c.Actor, run, to); err != nil {
			return nil, Answered{}, err
		}
	}
	return e.Resume(ctx, c, ref)
}

// moveOne moves one run with proof, or says why it cannot be moved.
func (e *Engine) moveOne(ctx context.Context, actor string, run rows.Run, to *catalog.Package) error {
	if _, ok := to.Member(run.Type); !ok {
		return invalid("version", "%s does not carry %s", to.Content().Short(), catalog.Quote(namespace.Bare(run.Type)))
	}
	candidate, err := e.candidate(ctx, "", to.Version.String())
	if err != nil {
		return err
	}
	m := &move{e: e, request: MoveRequest{Actor: actor}, from: run.Version, to: to, candidate: candidate, prover: backtest.NewProver(e.moves.share), Book: backtest.NewBook(0, 1, time.Now())}
	if err := m.one(ctx, run.RunID); err != nil {
		return err
	}
	switch r := m.Read(0, 1).Results[0]; r.Verdict {
	case backtest.Moved:
		return nil
	case backtest.Skipped:
		return &Unavailable{Why: fmt.Sprintf("workflow %q was not moved: %s", run.WorkflowID, r.Why)}
	default:
		return &DoesNotReplay{WorkflowID: run.WorkflowID, RunID: run.RunID, To: to.Version, Seq: r.Seq, Recorded: r.Recorded, Asked: r.Asked, Where: r.Where}
	}
}
