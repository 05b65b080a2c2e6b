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

// visit makes turns of one run until the run needs none. It belongs to one goroutine.
type visit struct {
	d       *driver
	id      history.RunID
	typ     string          // the run's workflow type, once it has been looked up
	cutAt   uint64          // the next turn is cut at this wait at the latest; 0 = at none
	machine *replay.Machine // owned by this goroutine while a turn is made and recorded

	checks   []fsm.InputCheck // input checks of the turn that is being made
	checkErr error            // why checks could not be made
}

// next is how a visit continues after one attempt to make a turn.
type next uint8

const (
	done   next = iota // the run needs no turn now, or the program of its version is being loaded
	more               // a turn was recorded, and there may be news already
	again              // the turn is void: make it again at once
	lost               // the turn may or may not have been recorded, or nothing can be recorded now: read the state again
	broken             // the runtime failed, or code and history disagree
)

// attempts is how often in a row a run may break the runtime before it is quarantined.
const attempts = 3

func (v *visit) makeTurns(ctx context.Context) {
	defer v.closeMachine()
	failures := 0
	wait := backoff{first: 20 * time.Millisecond, most: 2 * time.Second}
	for ctx.Err() == nil {
		at, step, err := v.computeTurn(ctx)
		how := done
		switch {
		case ctx.Err() != nil:
			return
		case v.cutSooner(err):
			how = again
		case err != nil:
			how = broken
		case step != nil:
			how, err = v.recordTurn(ctx, at, step)
		}
		switch how {
		case done:
			return
		case more:
			failures = 0
			wait.reset()
			continue
		case again:
			v.closeMachine()
			continue
		case broken:
			v.closeMachine()
			if failures++; failures == attempts {
				v.quarantine(ctx, at, err)
				return
			}
			v.d.e.log.Warn("a turn broke, will try again", "workflow", at.WorkflowID, "run", v.id, "turn", at.Turns+1, "error", err)
		case lost:
			v.closeMachine() // an execution whose turn was not acknowledged is never used again
		}
		if wait.pause(ctx) != nil {
			return
		}
	}
}

// computeTurn computes the run's next turn. A nil step means that the run needs no turn, or cannot
// have one now.
func (v *visit) computeTurn(ctx context.Context) (at rows.Run, step *replay.Step, err error) {
	if err := v.acquireCPU(ctx); err != nil {
		return at, nil, err
	}
	defer v.d.cpus.release()
	defer func() { // one run must not bring down one leader after another
		if p := recover(); p != nil {
			err = &runtime.Crash{Value: p, Stack: debug.Stack()}
		}
	}()
	began := time.Now()
	work := v.readWork()
	if at = work.run; !work.needed {
		v.parkMachine()
		return at, nil, nil
	}
	// Steps bound what code does; the clock bounds what a step may cost at worst. So no run can
	// keep a CPU from all others.
	turn, stop := timed(ctx, v.d.e.limits.TurnTimeout)
	defer stop()
	if err := v.ensureMachine(turn, work); err != nil || v.machine == nil {
		return at, nil, causeOf(turn, err)
	}
	stopwatchOf(turn).restart(0)
	v.machine.Cut(v.cutAt)
	if step, err = v.machine.Next(turn, history.BareEvents(spaceOf(&at), work.news)); err == nil {
		v.cutAt = 0
	}
	v.d.e.metrics.computed(time.Since(began))
	if err == nil {
		step = qualified(&at, step)
		v.checks, v.checkErr = v.d.e.checkHandedOn(ctx, &at, step.Asked)
	}
	return at, step, err
}

// cutSooner prepares to make a turn again, if it met a limit after a wait at which it could have
// been cut.
func (v *visit) cutSooner(err error) bool {
	var sooner *replay.Sooner
	if !errors.As(err, &sooner) {
		return false
	}
	if v.cutAt != 0 { // more has happened meanwhile, and the turn went another way: its first wait can always be cut
		sooner.Wait = 1
	}
	v.cutAt = sooner.Wait
	return true
}

// acquireCPU waits for a place to compute.
func (v *visit) acquireCPU(ctx context.Context) error {
	if v.d.cpus.tryAcquire() {
		return nil
	}
	if v.typ == "" {
		v.typ = v.d.e.typeOf(v.id)
	}
	return v.d.cpus.acquire(ctx, v.typ)
}

// typeOf returns the workflow type of a run; "" if the run does not exist.
func (e *Engine) typeOf(id history.RunID) (typ string) {
	e.cfg.Log.View(func(s fsm.View) {
		if run, ok := s.Run(id); ok {
			typ = run.Type
		}
	})
	return typ
}

// work is what the visit reads about its run, at one index.
type work struct {
	needed bool
	run    rows.Run
	pkg    *catalog.Package
	begins []history.Event // the WorkflowStarted, for a run without turns that count
	news   []history.Event // all events that no turn has seen
}

func (v *visit) readWork() (w work) {
	v.d.e.cfg.Log.View(func(s fsm.View) {
		var ok bool
		if w.run, ok = s.Run(v.id); !ok || w.run.Status != history.StatusRunning || w.run.BeginsAt != 0 {
			return
		}
		if w.pkg, ok = s.Catalog().Package(w.run.Version); !ok {
			return // cannot happen: every pinned version is loaded
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

// ensureMachine makes v.machine stand at the run's newest turn: it takes the parked machine, or
// rebuilds one by replay. If the program is missing it hands the version to stuck and leaves
// v.machine nil.
func (v *visit) ensureMachine(ctx context.Context, w work) error {
	if v.machine == nil {
		v.machine, _ = v.d.resident.Take(v.id)
	}
	if v.machine != nil && isAtTurn(v.machine, w.run) {
		return nil
	}
	v.closeMachine()
	program, ok := v.d.e.programs.cache.Peek(w.pkg.Content())
	if !ok {
		v.d.stuck.loadProgram(w.pkg)
		return nil
	}
	m, err := v.d.e.rebuild(ctx, program, w.pkg, w.run, w.begins, &pace{places: v.d.cpus, key: w.run.Type})
	v.machine = m
	return err
}

// recordTurn proposes a turn and returns how to continue.
func (v *visit) recordTurn(ctx context.Context, at rows.Run, step *replay.Step) (next, error) {
	if v.checkErr != nil {
		v.d.e.log.Warn("what a turn hands on cannot be checked now, will try again", "workflow", at.WorkflowID, "run", v.id, "turn", step.N, "error", v.checkErr)
		return lost, nil
	}
	if err := v.d.e.holds.wait(ctx, at.Type); err != nil {
		return lost, nil
	}
	began := time.Now()
	c := newConvoy(v.d, fsm.Envelope{Command: v.turnOf(step)})
	if v.d.together() && v.d.enter() {
		defer v.d.leave()
		c.follow(&at, step, 0)
	}
	c.book(step)
	res, err := c.propose(ctx)
	return v.recorded(at, step, res, err, began)
}

// turnOf makes the command that records a step.
func (v *visit) turnOf(step *replay.Step) *fsm.RecordTurn {
	limits := v.d.e.limits
	asked := make([]history.Event, len(step.Asked))
	for i, data := range step.Asked {
		asked[i].Data = data
	}
	return &fsm.RecordTurn{
		RunID: v.id, N: step.N, Through: step.Through, Asked: asked, Waiting: step.Waiting, Consumed: step.Consumed, Cut: step.Cut, Waits: step.Waits, Rules: step.Rules, Suggested: step.Suggested, Checks: v.checks, Checked: true,
		Logs:   v.d.e.keptLines(step.Logs),
		Limits: rows.RunLimits{Events: limits.HistoryEvents, HistoryBytes: limits.HistoryBytes, Signals: limits.WaitingSignals, LogBytes: uint64(max(limits.RunLogBytes, 0))},
	}
}

// recorded looks at what became of a proposed turn, and returns how to continue.
func (v *visit) recorded(at rows.Run, step *replay.Step, res fsm.Result, err error, began time.Time) (next, error) {
	if err != nil {
		var code interface{ Code() string }
		if errors.As(err, &code) || ended(err) {
			v.d.e.log.Debug("a turn was not acknowledged", "workflow", at.WorkflowID, "run", v.id, "turn", step.N, "error", err)
			return lost, nil
		}
		return broken, err // the log cannot carry the turn at all
	}
	if res.Refusal != nil {
		var fenced *fsm.Fenced
		var recheck *fsm.Recheck
		if errors.As(res.Refusal, &fenced) || errors.As(res.Refusal, &recheck) {
			return lost, nil // overtaken, or the route has moved: the next attempt checks again
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
	if t := v.d.e.cfg.Tracer; t != nil {
		t.Turn(&at, step.N, answer.Status, began)
	}
	if !answer.Status.Open() {
		v.machine.Say()
		return done, nil
	}
	if err := v.machine.Recorded(answer.Turn, history.BareEvents(spaceOf(&at), answer.Appended[:min(answer.Turn.Count, uint64(len(answer.Appended)))])); err != nil {
		return broken, err
	}
	if answer.Turn.Cut {
		return more, nil
	}
	if answer.Turn.FirstSeq > step.Through+1 { // something arrived while the turn was made
		return more, nil
	}
	for _, e := range answer.Appended {
		if history.Wakes(e.Data) {
			return more, nil
		}
	}
	v.parkMachine()
	return done, nil
}

// parkMachine parks the machine for the run's next turn, if it is at a recorded turn.
func (v *visit) parkMachine() {
	if v.machine == nil {
		return
	}
	v.d.resident.Put(v.id, v.machine)
	v.machine = nil
}

func (v *visit) closeMachine() {
	if v.machine != nil {
		v.machine.Close()
		v.machine = nil
	}
}

// quarantine pauses a run whose code keeps breaking the runtime, until people look at it and resume
// it. The turn number fences it, so that a run that went on elsewhere meanwhile is left alone.
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
			return // paused, or overtaken: if the run still needs a turn it is in the ready index at a new position
		}
		if wait.pause(ctx) != nil {
			return
		}
	}
}
