package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// ResetRequest asks for a run that begins with another's history, up to a point.
type ResetRequest struct {
	Call
	Run         fsm.RunRef
	As          string // workflow id of a fork, which leaves the run alone; empty = the new run takes its place
	Point       Point
	On          string // version with which it goes on, on which the turns that are kept must replay; empty = that of the run
	DropSignals bool   // those after the point are not delivered again
	Reason      string
	DryRun      bool // find out, and change nothing
}

// Reset is what a reset, or a fork, has done, or would do.
type Reset struct {
	fsm.ResetAnswer
	Event   uint64 // the newest that is kept
	Rounded bool   // the event that was asked for is not an end: it is in the middle of what a turn asked for
	Dropped uint64 // events of the old history that are not in the new one
	Again   []Redone
}

// Redone is what had no outcome at the point, and is under way in the new run.
type Redone struct {
	Kind string // timer, activity or child
	ID   uint64
	Name string // of the activity; the child's workflow id
}

// Reset starts a run with the history of another up to a point. The turns that are kept are
// replayed first, on the version with which the run goes on: that shows what must be under way, and
// on another version it is the proof that it fits. What was recorded up to the point never changes,
// so the entry needs no fence.
func (e *Engine) Reset(ctx context.Context, r ResetRequest) (*Reset, Answered, error) {
	if err := r.check(); err != nil {
		return nil, Answered{}, err
	}
	if err := e.atLevel(5); err != nil {
		return nil, Answered{}, err
	}
	if err := e.cfg.Log.Sync(ctx); err != nil {
		return nil, Answered{}, err
	}
	if res, ok, err := e.firstOutcome(r.Call); ok || err != nil {
		if err != nil {
			return nil, Answered{}, err
		}
		answer, a, err := outcome[*fsm.ResetAnswer](r.Call, res)
		if err != nil {
			return nil, a, err
		}
		return &Reset{ResetAnswer: *answer, Event: answer.Kept}, a, nil
	}
	on, err := e.resetsOn(ctx, &r)
	if err != nil {
		return nil, Answered{}, err
	}
	found, cmd, err := e.resetting(ctx, &r, on)
	if err != nil || r.DryRun {
		return found, Answered{}, err
	}
	answer, a, err := propose[*fsm.ResetAnswer](ctx, e, r.Call, cmd)
	if err != nil {
		return nil, a, err
	}
	found.ResetAnswer = *answer
	return found, a, nil
}

func (r *ResetRequest) check() error {
	if err := checkRef(r.Run); err != nil {
		return err
	}
	if r.As != "" {
		if err := checkRef(fsm.RunRef{WorkflowID: r.As}); err != nil {
			return err
		}
	}
	if err := checkText("reason", r.Reason, MaxMessage); err != nil {
		return err
	}
	return r.Point.check()
}

// resetsOn finds the version on which the run is to go on, nil = its own, and the one that the
// point names.
func (e *Engine) resetsOn(ctx context.Context, r *ResetRequest) (on *catalog.Package, err error) {
	e.view(ctx, func(v fsm.View) { err = r.Point.resolve(v) })
	if err != nil || r.On == "" {
		return nil, err
	}
	return e.movableTo(ctx, "on", r.On)
}

// resetting finds out what the command has to say.
func (e *Engine) resetting(ctx context.Context, r *ResetRequest, on *catalog.Package) (*Reset, *fsm.ResetRun, error) {
	var run rows.Run
	var at place
	var err error
	e.cfg.Log.View(func(v fsm.View) {
		if run, err = find(v, r.Run); err != nil {
			return
		}
		if at, err = r.Point.in(v, run); err != nil {
			return
		}
		if on == nil {
			on, _ = v.Catalog().Package(run.Version)
		}
	})
	if err == nil && !r.Only.HasType(run.Type) {
		err = notFound(r.Run)
	}
	if err != nil {
		return nil, nil, err
	}
	if on == nil {
		return nil, nil, &catalog.VersionUnavailable{Type: run.Type, Version: run.Version}
	}
	if _, carries := on.Member(run.Type); !carries {
		return nil, nil, &catalog.VersionUnavailable{Type: run.Type, Version: on.Version}
	}
	if err := e.mayKeep(run, at, r.DropSignals); err != nil {
		return nil, nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, nil, fmt.Errorf("engine: mint a run id: %w", err)
	}
	cmd := &fsm.ResetRun{Run: fsm.RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID}, RunID: history.RunID(id), As: r.As, Cut: at.event, Turns: at.turn, Version: on.Version,
		Rules: e.rules(), DropSignals: r.DropSignals, Reason: r.Reason}
	if err := e.keeping(ctx, cmd, run, on); err != nil {
		return nil, nil, err
	}
	found := &Reset{Event: at.event, Rounded: at.rounded, Dropped: run.Events - at.event, Again: e.redone(cmd)}
	found.WorkflowID, found.RunID, found.Version, found.Of, found.Turn, found.Kept = run.WorkflowID, cmd.RunID, on.Version, cmd.Run, at.turn, at.event
	if r.As != "" {
		found.WorkflowID = r.As
	}
	if found.Ended = run.Status.Open() && r.As == ""; !r.DropSignals {
		e.cfg.Log.View(func(v fsm.View) { found.Signals = messages(v, run, at.event+1) })
	}
	return found, cmd, nil
}

// keeping replays the turns that are kept, and fills in what has no outcome then.
func (e *Engine) keeping(ctx context.Context, cmd *fsm.ResetRun, run rows.Run, pkg *catalog.Package) error {
	program, err := e.programs.load(ctx, pkg)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Unavailable{Why: fmt.Sprintf("the code of version %s is not available on this node: %v", pkg.Content().Short(), err)}
	}
	if err := e.queries.cpus.acquire(ctx, run.Type); err != nil {
		return err
	}
	defer e.queries.cpus.release()
	ctx, stop := timed(ctx, e.limits.TurnTimeout)
	defer stop()

	before := run
	before.Version, before.Turns, before.Reopened = pkg.Version, cmd.Turns, nil
	for _, seq := range run.Reopened {
		if seq <= cmd.Cut {
			before.Reopened = append(before.Reopened, seq)
		}
	}
	m, err := e.rebuild(ctx, program, pkg, before, nil, &pace{places: e.queries.cpus, key: run.Type})
	if m != nil {
		defer m.Close()
	}
	if late := context.Cause(ctx); err != nil && late != nil {
		return &Unavailable{Why: fmt.Sprintf("run %s cannot be replayed now: %v", run.RunID, late)}
	}
	var differs *replay.Mismatch
	if errors.As(err, &differs) {
		return &DoesNotReplay{WorkflowID: run.WorkflowID, RunID: run.RunID, To: pkg.Version, Seq: differs.Seq, Recorded: differs.Recorded, Asked: differs.Asked, Where: differs.At}
	}
	if err != nil {
		return fmt.Errorf("engine: replay run %s to reset it: %w", run.RunID, err)
	}
	var rest []history.Event
	e.cfg.Log.View(func(v fsm.View) { rest = eventsUpTo(v, run.RunID, m.Seen()+1, cmd.Cut) })
	pending, err := m.Pending(history.BareEvents(spaceOf(&run), rest))
	if err != nil {
		return fmt.Errorf("engine: reset run %s: %w", run.RunID, err)
	}
	cmd.Consumed = m.Consumed()
	for _, b := range pending {
		cmd.Again = append(cmd.Again, fsm.Again{ID: b.ID, Seq: b.Seq, Asked: b.Asked})
	}
	return nil
}

// redone describes what is under way in the new run.
func (e *Engine) redone(cmd *fsm.ResetRun) (list []Redone) {
	e.cfg.Log.View(func(v fsm.View) {
		for _, a := range cmd.Again {
			r := Redone{ID: a.ID, Kind: "timer"}
			for _, event := range v.Events(cmd.Run.RunID, a.Seq, 1) {
				switch d := event.Data.(type) {
				case *history.ActivityScheduled:
					r.Kind, r.Name = "activity", d.Activity
				case *history.ChildWorkflowStarted:
					r.Kind, r.Name = "child", namespace.Bare(d.WorkflowID)
				case *history.ResultAwaited:
					r.Kind, r.Name = "result", namespace.Bare(d.WorkflowID)
				}
			}
			list = append(list, r)
		}
	})
	return list
}

// messages counts the signals and updates of a run from an event on.
func messages(v fsm.View, run rows.Run, from uint64) (n uint64) {
	for _, e := range eventsUpTo(v, run.RunID, from, run.Events) {
		switch e.Data.(type) {
		case *history.SignalReceived, *history.UpdateAccepted:
			n++
		}
	}
	return n
}
