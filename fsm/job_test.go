package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// tree starts a run "r" with wide children "r.0", "r.1"... of wide children each, all open.
func (w *world) tree(wide int) {
	w.t.Helper()
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.start("r", "a")
	kids := func(id string) (asked []history.Data) {
		for i := range wide {
			asked = append(asked, &history.ChildWorkflowStarted{ID: uint64(i) + 1, WorkflowID: fmt.Sprintf("%s.%d", id, i), WorkflowType: "a"})
		}
		return asked
	}
	w.turn("r", append(kids("r"), &history.TimerStarted{ID: 100, Duration: 1e9}, &history.ActivityScheduled{ID: 101, Activity: "x", Queue: "q"})...)
	for i := range wide {
		id := fmt.Sprintf("r.%d", i)
		w.turn(id, append(kids(id), &history.TimerStarted{ID: 100, Duration: 1e9}, &history.ActivityScheduled{ID: 101, Activity: "x", Queue: "q"})...)
	}
}

func (w *world) jobs() (jobs []rows.Job) {
	w.view(func(v View) { jobs = v.Jobs(0, 100) })
	return jobs
}

// finish proposes Continue, as leaders do, until no job is left.
func (w *world) finish() (pieces int) {
	w.t.Helper()
	for jobs := w.jobs(); len(jobs) > 0; jobs = w.jobs() {
		if pieces++; pieces > 10_000 {
			w.t.Fatalf("no end: %+v", jobs)
		}
		w.do(&Continue{Job: jobs[0].ID})
	}
	return pieces
}

// A tree that does not fit into one entry is closed in several, and what was promised holds from
// the first one on.
func TestTreeClosesInBoundedEntries(t *testing.T) {
	const wide, budget = 12, 300
	w := newWorld(t)
	w.tree(wide)
	lease := w.do(&LeaseTasks{Queue: "q", Activities: []string{"x"}, Max: 3, Worker: "w"}).(*LeaseAnswer)
	w.budget = budget
	if a := w.do(&TerminateRun{Run: RunRef{WorkflowID: "r"}}).(*RunAnswer); a.Status != history.StatusTerminated {
		t.Fatalf("terminated: %+v", a)
	}
	jobs := w.jobs()
	if len(jobs) != 1 || jobs[0].WorkflowID != "r" || jobs[0].Waiting() == 0 {
		t.Fatalf("jobs: %+v", jobs)
	}

	last := fmt.Sprintf("r.%d.%d", wide-1, wide-1)
	if got := w.latest(last).Status; got != history.StatusRunning {
		t.Fatalf("%s is %s already", last, got)
	}
	ref := RunRef{WorkflowID: last}
	for _, c := range []Command{&SignalRun{Run: ref, Name: "x", MaxWaiting: 10}, &CancelRun{Run: ref}, &TerminateRun{Run: ref}, &PauseRun{Run: ref}} {
		if r := w.refused(c, "not_running").(*NotRunning); r.Status != history.StatusTerminated {
			t.Errorf("%T: %+v", c, r)
		}
	}
	if r := w.propose(Envelope{Command: w.turnOf(last, &history.WorkflowCompleted{})})[0]; r.Refusal == nil {
		t.Errorf("a turn of a doomed run: %+v", r)
	}
	for _, r := range w.do(&CompleteTasks{Results: []TaskOutput{{Token: lease.Tasks[2].Token}}}).(*TaskAnswer).Replies {
		if r.Lost == "" {
			t.Errorf("a doomed run takes a result")
		}
	}
	waits := fmt.Sprintf("r.%d", wide-1) // closed, and its children are not dealt with
	w.refused(&ReopenRun{Run: RunRef{WorkflowID: waits}, Events: w.latest(waits).Events}, "unavailable")
	w.refused(&UnloadVersion{Type: "a", Version: versionOf("v1").String()}, "route_active")
	var pins rows.PinCounts
	w.view(func(v View) { pins = v.Pins(versionOf("v1")) })
	if pins.Total() == 0 {
		t.Error("open runs do not pin")
	}

	for len(w.jobs()) > 0 {
		before := w.jobs()[0]
		a := w.do(&Continue{Job: before.ID}).(*ContinueAnswer)
		if work := w.s.Work(); work > budget+100 {
			t.Errorf("a piece of the job that closed %d runs cost %d units, the budget is %d", a.Closed, work, budget)
		}
		if a.Closed == 0 && a.Waiting >= before.Waiting() {
			t.Fatalf("the job stands still: %+v", a)
		}
	}
	for i := range wide {
		for j := range wide {
			if got := w.latest(fmt.Sprintf("r.%d.%d", i, j)).Status; got != history.StatusTerminated {
				t.Errorf("r.%d.%d is %s", i, j, got)
			}
		}
	}
	w.view(func(v View) {
		if pins = v.Pins(versionOf("v1")); pins.Total() != 0 {
			t.Errorf("pins: %+v", pins)
		}
	})
	w.checkReplays()
}

// A tree closed by small entries ends as one closed by a large one.
func TestTreeEndsAlikeWithAnyBudget(t *testing.T) {
	end := func(budget uint64) (all []string) {
		w := newWorld(t)
		w.tree(4)
		w.budget = budget
		w.do(&TerminateRun{Run: RunRef{WorkflowID: "r"}})
		w.finish()
		w.view(func(v View) {
			runs, _ := v.ListRuns(RunFilter{}, 100, "")
			for _, r := range runs {
				all = append(all, fmt.Sprint(r.WorkflowID, r.Status, r.Events, r.Bytes))
			}
		})
		return all
	}
	want := fmt.Sprint(end(0))
	for _, budget := range []uint64{1, 50, 200, 1000, EntryBudget} {
		if got := fmt.Sprint(end(budget)); got != want {
			t.Errorf("budget %d: got\n%s\nwant\n%s", budget, got, want)
		}
	}
}

// cut starts a run "r" with the child "kid", which is to be asked to end when r does, and closes r
// in an entry that has no room for that.
func (w *world) cut() {
	w.t.Helper()
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.start("r", "a")
	w.turn("r", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "a", OnClose: history.CloseCancel})
	w.budget = 1
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "r"}})
	if len(w.jobs()) != 1 || w.latest("kid").CancelAsked {
		w.t.Fatalf("kid was asked to end already; jobs: %+v", w.jobs())
	}
}

// A child that goes on as new before the job comes is asked to end nevertheless: the run that goes
// on.
func TestJobFindsTheRunThatGoesOn(t *testing.T) {
	w := newWorld(t)
	w.cut()
	before := w.latest("kid").RunID
	w.turn("kid", new(history.WorkflowContinuedAsNew))
	w.finish()
	if kid := w.latest("kid"); kid.RunID == before || !kid.CancelAsked {
		t.Errorf("kid goes on as %s after %s, asked to end: %v", kid.RunID, before, kid.CancelAsked)
	}
	w.checkReplays()
}

// A child that failed before the job came, and was reopened since, is its parent's no more.
func TestJobPassesOverAReopenedChild(t *testing.T) {
	w := newWorld(t)
	w.cut()
	w.turn("kid", &history.WorkflowFailed{Error: history.RunError{Kind: "failed", Message: "no"}})
	w.do(w.reopenOf(RunRef{WorkflowID: "kid"}))
	w.finish()
	if kid := w.latest("kid"); kid.Status != history.StatusRunning || kid.CancelAsked {
		t.Errorf("kid was reopened and is %s, asked to end: %v", kid.Status, kid.CancelAsked)
	}
	w.checkReplays()
}
