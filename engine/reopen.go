package engine

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Reopen opens a failed, cancelled, terminated or timed-out run again: failed steps run again,
// finished ones keep their outcome.
//
// What runs again depends on which outcomes the run's code had acted on, so Reopen first replays
// the history up to the turn that closed the run. The newest event that was read fences the entry.
// The state machine decides whether the run may be reopened.
func (e *Engine) Reopen(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.ReopenOn(ctx, c, ref, reason, "")
}

// ReopenOn is Reopen on another version, on which the turns before the one that closed the run ask
// for the same; "" = the version that the run is on.
func (e *Engine) ReopenOn(ctx context.Context, c Call, ref fsm.RunRef, reason, version string) (*fsm.RunAnswer, Answered, error) {
	if err := checkRef(ref); err != nil {
		return nil, Answered{}, err
	}
	if err := checkText("reason", reason, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	for range rechecks {
		cmd := &fsm.ReopenRun{Run: ref, Reason: reason, Rules: e.rules()}
		if version != "" {
			if res, ok, err := e.firstOutcome(c); ok || err != nil {
				if err != nil {
					return nil, Answered{}, err
				}
				return outcome[*fsm.RunAnswer](c, res)
			}
			to, err := e.movableTo(ctx, "on", version)
			if err != nil {
				return nil, Answered{}, err
			}
			cmd.On = to.Version
		}
		if err := e.reopening(ctx, cmd); err != nil {
			return nil, Answered{}, err
		}
		answer, a, err := propose[*fsm.RunAnswer](ctx, e, c, cmd)
		var fenced *fsm.Fenced
		if !errors.As(err, &fenced) {
			return answer, a, err
		}
	}
	return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("workflow %q changed %d times while it was to be reopened", ref.WorkflowID, rechecks)}
}

// reopening fills in which outcomes cmd's run forgets and which steps it starts again. If this node
// knows that the run cannot be reopened, it fills in nothing. The state machine then refuses, or
// recognizes the request, or makes the engine look again: no history ends at event 0.
func (e *Engine) reopening(ctx context.Context, cmd *fsm.ReopenRun) error {
	var run rows.Run
	var pkg *catalog.Package
	var last []history.Turn
	ok := false
	e.cfg.Log.View(func(v fsm.View) {
		var err error
		if run, err = find(v, cmd.Run); err == nil {
			last = v.Turns(run.RunID, run.Turns, 1)
			if !cmd.On.IsZero() {
				run.Version = cmd.On
			}
			pkg, ok = v.Catalog().Package(run.Version)
		}
	})
	switch run.Status {
	case history.StatusFailed, history.StatusCancelled, history.StatusTerminated, history.StatusTimedOut:
	default:
		ok = false
	}
	if !ok {
		return nil
	}
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
	if len(last) > 0 && last[0].Count > 0 && last[0].FirstSeq+last[0].Count == run.Events+1 {
		cmd.Turn = run.Turns
		before.Turns--
	}
	m, err := e.rebuild(ctx, program, pkg, before, nil, &pace{places: e.queries.cpus, key: run.Type})
	if m != nil {
		defer m.Close()
	}
	if late := context.Cause(ctx); err != nil && late != nil {
		return &Unavailable{Why: fmt.Sprintf("run %s cannot be replayed now: %v", run.RunID, late)}
	}
	var differs *replay.Mismatch
	if !cmd.On.IsZero() && errors.As(err, &differs) {
		return &DoesNotReplay{WorkflowID: run.WorkflowID, RunID: run.RunID, To: cmd.On, Seq: differs.Seq, Recorded: differs.Recorded, Asked: differs.Asked, Where: differs.At}
	}
	if err != nil {
		return fmt.Errorf("engine: replay run %s to reopen it: %w", run.RunID, err)
	}
	var rest []history.Event
	e.cfg.Log.View(func(v fsm.View) { rest = eventsUpTo(v, run.RunID, m.Seen()+1, run.Events) })
	found, err := m.Reopening(history.BareEvents(spaceOf(&run), rest))
	if err != nil {
		return fmt.Errorf("engine: reopen run %s: %w", run.RunID, err)
	}
	cmd.Events, cmd.Forget, cmd.ForgetCancel = run.Events, found.Forget, found.Cancel && e.rules() >= 3
	for _, b := range found.Again {
		cmd.Again = append(cmd.Again, fsm.Again{ID: b.ID, Seq: b.Seq, Asked: b.Asked})
	}
	return nil
}
