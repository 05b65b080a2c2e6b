package rehearsal

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/engine/runtime/starlark/startest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// stage is a world and what is printed in it.
type stage struct {
	*world
	says *transcript
}

// disturbance is what happens to a world besides what its test does. Moments are when the world is
// idle, and when a task is under way.
type disturbance struct {
	name  string
	at    func(w *stage, moment int) (did bool, err error) // nil = nothing happens meanwhile
	after func(w *stage) error                             // when the test is over, and nothing happens by itself any more
}

// perform plays one test in a world that is disturbed, replays what came of it, cut at every event,
// and tells it. moments is how many there were.
func perform(t *testing.T, plans []*plan, suite *startest.Suite, test startest.Test, d disturbance) (told string, moments int) {
	t.Helper()
	ctx, says := t.Context(), new(transcript)
	running := suite.Begin(test, says.addTest)
	inner, err := newWorld(ctx, plans[0], running, says, compiled(plans))
	if err != nil {
		t.Fatal(err)
	}
	w := &stage{inner, says}
	defer func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, p := range plans[1:] {
		if _, _, err := w.LoadPackage(ctx, engine.LoadRequest{Archive: p.built.Archive}); err != nil {
			t.Fatal(err)
		}
	}
	seen := uint64(0)
	w.disturb = func() (did bool, err error) {
		now := uint64(0)
		for _, r := range w.runs(func(rows.Run) bool { return true }) {
			now += r.Events + r.Turns
		}
		if now == seen { // no run has gone on since the last moment
			return false, nil
		}
		seen = now
		if moments++; d.at == nil {
			return false, nil
		}
		return d.at(w, moments)
	}
	failed := running.Run(w)
	err = w.settle()
	if err == nil && d.after != nil {
		err = d.after(w)
	}
	var stub *starlark.ScriptError
	if errors.As(err, &stub) { // a stub checks what is true only where nothing is disturbed
		says.addTest(stub.Message)
	} else if err != nil {
		t.Fatalf("%s, %s: %v", test.Name, d.name, err)
	}
	if len(plans) == 1 && w.short() {
		if _, err := w.replayCuts(ctx); err != nil {
			t.Fatalf("%s, %s: %v", test.Name, d.name, err)
		}
	}
	for _, line := range says.lines() {
		told += fmt.Sprintln(line.Workflow, line.Text)
	}
	if failed != nil {
		told += failed.Error() + "\n"
	}
	return told + tell(inner, plans), moments
}

// short reports whether the histories are short enough to be replayed from everywhere.
func (w *stage) short() bool {
	work := uint64(0)
	for _, r := range w.runs(func(rows.Run) bool { return true }) {
		work += r.Events * r.Events
	}
	return work < 10_000
}

// settle lets time pass until nothing happens by itself any more, or often enough.
func (w *stage) settle() error {
	for range 12 {
		if err := w.runUntilIdle(); err != nil {
			return err
		}
		next, any := w.nextDue()
		if !any {
			return nil
		}
		if err := w.advance(next); err != nil {
			return err
		}
	}
	return w.runUntilIdle()
}

// restart loses everything but the state, as a node does that is killed.
func (w *stage) restart() error {
	if err := w.halt(); err != nil {
		return err
	}
	if err := w.lead(); err != nil {
		return err
	}
	// Until the code is compiled, runs wait for it, and go on in any order. A query waits, too.
	for _, r := range w.runs(func(rows.Run) bool { return true }) {
		_, _, _ = w.Engine.Query(w.ctx, engine.Read{}, fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, "nothing", nil)
	}
	return nil
}

// runs returns the runs that take is true for, by workflow id.
func (w *stage) runs(take func(rows.Run) bool) (list []rows.Run) {
	w.log.View(func(v fsm.View) {
		all, _ := v.ListRuns(fsm.RunFilter{}, page, "")
		for _, r := range all {
			if take(r) {
				list = append(list, r)
			}
		}
	})
	return list
}

// cancelAll asks all open runs without a parent to end.
func (w *stage) cancelAll() error {
	for _, r := range w.runs(func(r rows.Run) bool { return r.Status.Open() && r.Parent == nil }) {
		if _, _, err := w.Engine.Cancel(w.ctx, engine.Call{}, fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, "enough"); err != nil {
			return err
		}
	}
	return nil
}

// reopenAll opens the newest runs again that did not complete.
func (w *stage) reopenAll() error {
	for _, r := range w.runs(func(r rows.Run) bool {
		return r.Status == history.StatusFailed || r.Status == history.StatusCancelled || r.Status == history.StatusTerminated
	}) {
		_, _, err := w.Engine.Reopen(w.ctx, engine.Call{}, fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, "once more")
		if err := w.refused("reopen "+r.WorkflowID, err); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return nil
}

// resetAll resets the first run without a parent to each of its turns, one after the other.
func (w *stage) resetAll() error {
	tops := w.runs(func(r rows.Run) bool { return r.Parent == nil })
	if len(tops) == 0 {
		return nil
	}
	r := tops[len(tops)-1]
	for turn := uint64(0); turn < r.Turns; turn += 1 + r.Turns/12 {
		_, _, err := w.Engine.Reset(w.ctx, engine.ResetRequest{Run: fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, Point: engine.Point{To: fmt.Sprint(turn)}})
		if err := w.refused(fmt.Sprint("reset to ", turn), err); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return nil
}

// refused prints a refusal as a part of what is told. Other errors are returned.
func (w *stage) refused(what string, err error) error {
	var refusal interface{ Code() string }
	if errors.As(err, &refusal) {
		w.says.addTest(what + ": " + refusal.Code())
		return nil
	}
	return err
}

// moveAll moves all open runs of every type to the other version, and prints those that stay.
func (w *stage) moveAll(from, to *plan) error {
	for _, m := range from.archive.Members() {
		id, _, err := w.StartMove(w.ctx, engine.MoveRequest{Type: m.Type, From: from.archive.Version.String(), To: to.archive.Version.String()})
		if err != nil {
			return err
		}
		for {
			report, _, err := w.Move(w.ctx, id, time.Second, engine.MaxPage, "")
			if err != nil {
				return err
			}
			if report.Status == backtest.Completed {
				for _, r := range report.Results {
					w.says.addTest(fmt.Sprintf("%s: %s, event %d: %s | %s, says where: %v", r.WorkflowID, r.Verdict, r.Seq, r.Recorded, r.Asked, r.Where != ""))
				}
				break
			}
		}
	}
	return nil
}
