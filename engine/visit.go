package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// visit takes turns of one run until it needs none. It is one goroutine's.
type visit struct {
	d       *driver
	id      history.RunID
	typ     string          // the run's workflow type, once it was asked for
	sooner  uint64          // the next turn is cut at this wait at the latest; 0 = at none
	machine *replay.Machine // in this goroutine's hands while a turn is made and recorded

	checks   []fsm.InputCheck // of the turn that is made
	unjudged error            // why there are none
}

// next says how a visit goes on after one attempt at a turn.
type next uint8

const (
	done   next = iota // the run needs no turn now, or its version's program is being fetched
	more               // a turn was recorded and there may be news already
	again              // the turn is void: it is made again at once
	lost               // whether the turn was recorded is not known, or nothing can be recorded now: look again
	broken             // the runtime broke, or code and history disagree
)

// attempts is how often a run may break the runtime in a row before it is quarantined.
const attempts = 3

func (v *visit) takeTurns(ctx context.Context) {
	defer v.drop()
	failures := 0
	wait := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
	for ctx.Err() == nil {
		at, step, err := v.make(ctx)
		how := done
		switch {
		case ctx.Err() != nil:
			return
		case v.cutSooner(err):
			how = again
		case err != nil:
			how = broken
		case step != nil:
			how, err = v.record(ctx, at, step)
		}
		switch how {
		case done:
			return
		case more:
			failures = 0
			wait.reset()
			continue
		case again:
			v.drop()
			continue
		case broken:
			v.drop()
			if failures++; failures == attempts {
				v.quarantine(ctx, at, err)
				return
			}
			v.d.e.log.Warn("a turn broke, will try again", "workflow", at.WorkflowID, "run", v.id, "turn", at.Turns+1, "error", err)
		case lost:
			v.drop() // an execution whose turn was not acknowledged is never used again
		}
		if wait.pause(ctx) != nil {
			return
		}
	}
}

// make computes the run's next turn if it needs one: nil means that it does not, or cannot have it
// now.
func (v *visit) make(ctx context.Context) (at rows.Run, step *replay.Step, err error) {
	if err := v.place(ctx); err != nil {
		return at, nil, err
	}
	defer v.d.cpus.give()
	defer func() { // one run must not take down leader after leader
		if p := recover(); p != nil {
			err = &runtime.Crash{Value: p, Stack: debug.Stack()}
		}
	}()
	began := time.Now()
	work := v.look()
	if at = work.run; !work.needed {
		v.keep()
		return at, nil, nil
	}
	// Steps bound what code does, and the clock what a step may cost at the worst: no run keeps a
	// CPU from all others.
	turn, stop := timed(ctx, v.d.e.limits.TurnTimeout)
	defer stop()
	if err := v.bring(turn, work); err != nil || v.machine == nil {
		return at, nil, causeOf(turn, err)
	}
	stopwatchOf(turn).lap(0)
	v.machine.Cut(v.sooner)
	if step, err = v.machine.Next(turn, work.news); err == nil {
		v.sooner = 0
	}
	v.d.e.metrics.computed(time.Since(began))
	if err == nil {
		v.checks, v.unjudged = v.d.e.judge(ctx, &at, step.Asked)
	}
	return at, step, err
}

// cutSooner prepares to make a turn again that met a limit after a wait at which it could have been
// cut.
func (v *visit) cutSooner(err error) bool {
	var sooner *replay.Sooner
	if !errors.As(err, &sooner) {
		return false
	}
	if v.sooner != 0 { // more happened meanwhile, and the turn came another way: at its first wait it can be cut whatever happens
		sooner.Wait = 1
	}
	v.sooner = sooner.Wait
	return true
}

// place waits for a place to compute.
func (v *visit) place(ctx context.Context) error {
	if v.d.cpus.try() {
		return nil
	}
	if v.typ == "" {
		v.typ = v.d.e.typeOf(v.id)
	}
	return v.d.cpus.take(ctx, v.typ)
}

// typeOf is the workflow type of a run; "" if there is none.
func (e *Engine) typeOf(id history.RunID) (typ string) {
	e.cfg.Log.View(func(s fsm.View) {
		if run, ok := s.Run(id); ok {
			typ = run.Type
		}
	})
	return typ
}

// work is what one look at the state says about a run.
type work struct {
	needed bool
	run    rows.Run
	pkg    *catalog.Package
	begins []history.Event // the WorkflowStarted, for a run without turns that count
	news   []history.Event // all that no turn has seen
}

func (v *visit) look() (w work) {
	v.d.e.cfg.Log.View(func(s fsm.View) {
		var ok bool
		if w.run, ok = s.Run(v.id); !ok || w.run.Status != history.StatusRunning {
			return
		}
		if w.pkg, ok = s.Catalog().Package(w.run.Version); !ok {
			return // cannot be: every pinned version is loaded
		}
		w.news = eventsUpTo(s, v.id, w.run.Through+1, w.run.Events)
		if w.run.Through == 0 && len(w.news) > 0 { // a machine counts the WorkflowStarted as seen before its first turn
			w.needed = true
			w.begins, w.news = w.news[:1], w.news[1:]
		}
		w.needed = w.needed || w.run.Cut
		for _, e := range w.news {
			w.needed = w.needed || history.Wakes(e.Data)
		}
	})
	return w
}

// bring makes v.machine stand where the state says the run stands: the one that was parked, or
// another one by replay. Without the program it leaves the run to the stuck room, and v.machine
// nil.
func (v *visit) bring(ctx context.Context, w work) error {
	if v.machine == nil {
		v.machine, _ = v.d.resident.Take(v.id)
	}
	if v.machine != nil && stands(v.machine, w.run) {
		return nil
	}
	v.drop()
	program, ok := v.d.e.programs.cache.Peek(w.run.Version)
	if !ok {
		v.d.stuck.need(w.pkg)
		return nil
	}
	m, err := v.d.e.rebuild(ctx, program, w.pkg, w.run, w.begins, &pace{places: v.d.cpus, key: w.run.Type})
	v.machine = m
	return err
}

// record proposes a turn and says how to go on.
func (v *visit) record(ctx context.Context, at rows.Run, step *replay.Step) (next, error) {
	limits := v.d.e.limits
	if v.unjudged != nil {
		v.d.e.log.Warn("what a turn hands on cannot be checked now, will try again", "workflow", at.WorkflowID, "run", v.id, "turn", step.N, "error", v.unjudged)
		return lost, nil
	}
	asked := make([]history.Event, len(step.Asked))
	for i, data := range step.Asked {
		asked[i].Data = data
	}
	began := time.Now()
	turn := fsm.Envelope{Command: &fsm.RecordTurn{
		RunID: v.id, N: step.N, Through: step.Through, Asked: asked, Waiting: step.Waiting, Consumed: step.Consumed, Cut: step.Cut, Waits: step.Waits, Rules: history.Rules, Checks: v.checks, Checked: true,
		Logs:   v.d.e.keptLines(step.Logs),
		Limits: rows.RunLimits{Events: limits.HistoryEvents, HistoryBytes: limits.HistoryBytes, Signals: limits.WaitingSignals, LogBytes: uint64(max(limits.RunLogBytes, 0))},
	}}
	res, err := v.d.e.cfg.Log.Propose(ctx, turn)
	if err != nil {
		var code interface{ Code() string }
		if errors.As(err, &code) || ended(err) {
			v.d.e.log.Debug("a turn was not acknowledged", "workflow", at.WorkflowID, "run", v.id, "turn", step.N, "error", err)
			return lost, nil
		}
		return broken, err // the log cannot carry it at all
	}
	if res.Refusal != nil {
		var fenced *fsm.Fenced
		var recheck *fsm.Recheck
		if errors.As(res.Refusal, &fenced) || errors.As(res.Refusal, &recheck) {
			return lost, nil // a route that moved is another one the next time
		}
		return broken, res.Refusal
	}
	answer, ok := res.Answer.(*fsm.TurnAnswer)
	if !ok {
		return broken, fmt.Errorf("the state machine answered a turn with %T", res.Answer)
	}
	if answer.Void {
		return again, nil
	}
	v.d.e.metrics.recorded(time.Since(began))
	if !answer.Status.Open() {
		return done, nil
	}
	if err := v.machine.Recorded(answer.Turn, answer.Appended[:min(answer.Turn.Count, uint64(len(answer.Appended)))]); err != nil {
		return broken, err
	}
	if answer.Turn.Cut {
		return more, nil
	}
	if answer.Turn.FirstSeq > step.Through+1 { // something came while the turn was made
		return more, nil
	}
	for _, e := range answer.Appended {
		if history.Wakes(e.Data) {
			return more, nil
		}
	}
	v.keep()
	return done, nil
}

// keep parks the machine for the run's next turn, if it stands at a recorded one.
func (v *visit) keep() {
	if v.machine == nil {
		return
	}
	v.d.resident.Put(v.id, v.machine)
	v.machine = nil
}

func (v *visit) drop() {
	if v.machine != nil {
		v.machine.Close()
		v.machine = nil
	}
}

// quarantine pauses a run whose code broke the runtime again and again: people look at it, and
// resume it. It is fenced by the turn, so that a run which went on elsewhere meanwhile is left
// alone.
func (v *visit) quarantine(ctx context.Context, at rows.Run, why error) {
	reason := v.d.e.reasonOf(ctx, at, why)
	var crash *runtime.Crash
	if errors.As(why, &crash) {
		v.d.e.log.Error("workflow code crashed the runtime", "workflow", at.WorkflowID, "run", v.id, "version", at.Version.Short(), "panic", fmt.Sprint(crash.Value), "stack", string(crash.Stack))
	} else {
		v.d.e.log.Error("a run cannot go on", "workflow", at.WorkflowID, "run", v.id, "version", at.Version.Short(), "error", reason)
	}
	v.d.e.metrics.quarantined.Inc()
	cmd := &fsm.PauseRun{Run: fsm.RunRef{WorkflowID: at.WorkflowID, RunID: v.id}, Reason: reason, Quarantined: true, Turn: at.Turns, Still: true}
	wait := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
	for {
		if _, err := v.d.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: cmd}); err == nil {
			return // paused, or overtaken: a run that still needs a turn is in the ready index at a new place
		}
		if wait.pause(ctx) != nil {
			return
		}
	}
}
