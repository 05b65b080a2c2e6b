package fsm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// resetCommands is one of each kind of this file with every field set.
func resetCommands() []Command {
	return []Command{&ResetRun{Run: RunRef{WorkflowID: "order-1", RunID: history.RunID{1}}, RunID: history.RunID{2}, As: "order-2", Cut: 9, Turns: 3, Version: versionOf("v1"),
		Again: []Again{{ID: 1, Seq: 2, Asked: true}}, Consumed: 1, Rules: 4, DropSignals: true, Reason: "bad data"}}
}

// resetOf is the command that the engine would propose to keep a run up to the end of a turn.
func (w *world) resetOf(ref RunRef, turn uint64) *ResetRun {
	c := &ResetRun{Run: ref, RunID: w.mint(), Turns: turn, Cut: 1, Rules: history.Rules}
	run, ok := w.find(ref.WorkflowID)
	if !ref.RunID.IsZero() {
		w.view(func(v View) { run, ok = v.Run(ref.RunID) })
	}
	if !ok {
		return c
	}
	c.Version = run.Version
	var turns []history.Turn
	w.view(func(v View) { turns = v.Turns(run.RunID, 1, maxRows) })
	turns = turns[:min(turn, uint64(len(turns)))]
	if n := len(turns); n > 0 {
		c.Cut = turns[n-1].FirstSeq + turns[n-1].Count - 1
	}
	began, ended := Retell(turns, w.history(run.RunID)[:c.Cut])
	for _, e := range began {
		if _, over := ended(e.Data); over {
			continue
		}
		id := begins(e.Data)
		c.Again = slices.DeleteFunc(c.Again, func(a Again) bool { return a.ID == id })
		c.Again = append(c.Again, Again{ID: id, Seq: e.Seq})
	}
	slices.SortFunc(c.Again, func(a, b Again) int { return int(a.ID) - int(b.ID) })
	return c
}

// types are the names of the events from a seq on.
func (w *world) types(run history.RunID, from uint64) string {
	var names []string
	for _, e := range w.history(run)[from-1:] {
		names = append(names, e.Data.Type().String())
	}
	return strings.Join(names, " ")
}

// TestResetTakesThePlace: an open run that is reset ends, and the new one has its beginning, its
// children of that time, its timers with their times, and the signals that came later.
func TestResetTakesThePlace(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	parent := w.start("parent", "order")
	w.turn("parent", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "run", WorkflowType: "order"})
	old := w.latest("run").RunID
	w.turn("run",
		&history.TimerStarted{ID: 1, Duration: 1e9}, &history.ActivityScheduled{ID: 2, Activity: "x", Queue: "q"},
		&history.ChildWorkflowStarted{ID: 3, WorkflowID: "early", WorkflowType: "refund"}, &history.AttributesUpdated{Attributes: history.Attributes{"stage": history.Payload("1")}})
	lease := w.do(&LeaseTasks{Queue: "q", Activities: []string{"x"}, Worker: "w", Max: 1}).(*LeaseAnswer)
	w.do(&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "one", MaxWaiting: 10})
	w.turn("run", &history.ChildWorkflowStarted{ID: 4, WorkflowID: "late", WorkflowType: "refund"}, &history.AttributesUpdated{Attributes: history.Attributes{"stage": history.Payload("2")}})
	w.do(&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "two", MaxWaiting: 10})
	w.do(&UpdateRun{Run: RunRef{WorkflowID: "run"}, ID: "u", Name: "set", MaxWaiting: 10})

	c := w.resetOf(RunRef{WorkflowID: "run"}, 1)
	c.Reason = "bad data"
	answer := w.do(c).(*ResetAnswer)
	run := w.latest("run")
	if run.RunID != c.RunID || run.Turns != 1 || run.Origin == nil || run.Origin.RunID != old || string(run.Attributes["stage"]) != "1" {
		t.Errorf("the new run is %+v", run)
	}
	if !answer.Ended || answer.Signals != 3 || answer.Children != 1 || answer.Kept != c.Cut {
		t.Errorf("answered %+v", answer)
	}
	if got, want := w.types(run.RunID, c.Cut+1), "WorkflowReset SignalReceived SignalReceived UpdateAccepted"; got != want {
		t.Errorf("the new run goes on with %s, want %s", got, want)
	}
	w.view(func(v View) {
		was, _ := v.Run(old)
		if was.Status != history.StatusTerminated || was.ResetAs != run.RunID {
			t.Errorf("the old run is %+v", was)
		}
		events := v.Events(old, was.Events, 1)
		if end, ok := events[0].Data.(*history.WorkflowTerminated); !ok || end.Reason != "reset as run "+run.RunID.String()+": bad data" {
			t.Errorf("it ended with %+v", events[0].Data)
		}
		if kids := v.Children(run.RunID); len(kids) != 1 || kids[0] != w.latest("early").RunID {
			t.Errorf("its children are %v", kids)
		}
		if kids := v.Children(parent); len(kids) != 1 || kids[0] != run.RunID {
			t.Errorf("the parent's children are %v", kids)
		}
		if parent, _ := v.Run(parent); strings.Contains(w.types(parent.RunID, 1), "Failed") {
			t.Error("the parent heard that its child ended")
		}
		if tasks := v.Tasks(run.RunID, 0, 9); len(tasks) != 1 || tasks[0].State != rows.TaskOffered {
			t.Errorf("its tasks are %+v", tasks)
		}
	})
	if early, late := w.latest("early"), w.latest("late"); !early.Status.Open() || early.Parent.RunID != run.RunID || late.Status != history.StatusTerminated {
		t.Errorf("the children are %+v and %+v", early, late)
	}
	if done := w.do(&CompleteTasks{Results: []TaskOutput{{Token: lease.Tasks[0].Token}}}).(*TaskAnswer); done.Replies[0].Lost == "" {
		t.Error("the result of the old run's attempt was taken")
	}
	w.now = w.now.Add(2 * time.Second)
	w.do(&FireTimers{Timers: []TimerRef{{FireAt: w.now.Add(-time.Second), RunID: run.RunID, ID: 1}}})
	w.turn("early", &history.WorkflowCompleted{Result: history.Payload("7")})
	if got := w.types(run.RunID, c.Cut+5); got != "TimerFired ChildWorkflowCompleted" {
		t.Errorf("then it hears %s", got)
	}
	w.turn("run", &history.WorkflowCompleted{})
	if got := w.types(parent, 3); got != "ChildWorkflowCompleted" {
		t.Errorf("the parent hears %s", got)
	}
	w.checkReplays()
}

// TestFork: a fork leaves the run alone and shares nothing with it.
func TestFork(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	old := w.start("run", "order")
	w.turn("run", &history.ActivityScheduled{ID: 1, Activity: "x", Queue: "q"}, &history.ChildWorkflowStarted{ID: 2, WorkflowID: "kid", WorkflowType: "refund"})
	c := w.resetOf(RunRef{WorkflowID: "run"}, 1)
	c.As = "run"
	w.refused(c, "invalid_input")
	c.As = "kid"
	w.refused(c, "already_running")
	c.As = "copy"
	w.do(c)
	if was := w.latest("run"); was.RunID != old || !was.Status.Open() || !was.ResetAs.IsZero() {
		t.Errorf("the run is %+v", was)
	}
	fork := w.latest("copy")
	if got := w.types(fork.RunID, c.Cut+1); got != "WorkflowReset ChildWorkflowStarted" {
		t.Errorf("the fork goes on with %s", got)
	}
	if kid := w.latest(c.RunID.String() + ":2"); kid.Parent == nil || kid.Parent.RunID != c.RunID {
		t.Errorf("its child is %+v", kid)
	}
	if got := len(w.do(&LeaseTasks{Queue: "q", Activities: []string{"x"}, Worker: "w", Max: 9}).(*LeaseAnswer).Tasks); got != 2 {
		t.Errorf("%d tasks are there", got)
	}
	w.checkReplays()
}

// TestResetRefused: what cannot be kept is refused, and nothing has happened.
func TestResetRefused(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run := w.start("run", "order")
	w.turn("run", &history.TimerStarted{ID: 1, Duration: 1e9}, &history.TimerStarted{ID: 2, Duration: 1e9})
	w.turn("run", &history.WorkflowCompleted{})
	for name, change := range map[string]func(c *ResetRun){
		"within a turn":             func(c *ResetRun) { c.Cut-- },
		"in the closing turn":       func(c *ResetRun) { c.Cut, c.Turns = 4, 2 },
		"more turns":                func(c *ResetRun) { c.Turns = 3 },
		"no events":                 func(c *ResetRun) { c.Cut = 0 },
		"more events":               func(c *ResetRun) { c.Cut = 9 },
		"a run id that is taken":    func(c *ResetRun) { c.RunID = run },
		"what no event begins":      func(c *ResetRun) { c.Again[0].Seq++ },
		"what is begun after it":    func(c *ResetRun) { c.Again[0].Seq = 4 },
		"no order":                  func(c *ResetRun) { c.Again[1].ID = 1 },
		"a reason that is too long": func(c *ResetRun) { c.Reason = strings.Repeat("x", maxText+1) },
		"a workflow id":             func(c *ResetRun) { c.As = "not ok" },
	} {
		c := w.resetOf(RunRef{WorkflowID: "run"}, 1)
		change(c)
		if r := w.propose(Envelope{Command: c})[0]; r.Refusal == nil || r.Refusal.Code() != "invalid_input" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	c := w.resetOf(RunRef{WorkflowID: "run"}, 1)
	c.Version = versionOf("v9")
	w.refused(c, "version_unavailable")
	w.refused(w.resetOf(RunRef{WorkflowID: "nobody"}, 1), "not_found")
	w.start("run", "order")
	w.refused(w.resetOf(RunRef{WorkflowID: "run", RunID: run}, 1), "already_running")
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "run"}})
	w.do(w.resetOf(RunRef{WorkflowID: "run", RunID: run}, 1)) // a completed one, which is not the newest
	w.do(w.resetOf(RunRef{WorkflowID: "run"}, 0))             // one that is a copy itself, to its beginning
	w.checkReplays()

	w = worldAt(t, 4)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("run", "order")
	if _, fenced := w.propose(Envelope{Command: w.resetOf(RunRef{WorkflowID: "run"}, 0)})[0].Refusal.(*Fenced); !fenced {
		t.Error("a run was reset at level 4")
	}
}

// reset draws a reset or a fork of a run as it stands, to one of its turns.
func (g *gambler) reset(ref RunRef) Command {
	run, _ := g.w.find(ref.WorkflowID)
	c := g.w.resetOf(ref, rapid.Uint64Range(0, run.Turns).Draw(g.t, "to"))
	if c.DropSignals = rapid.IntRange(0, 3).Draw(g.t, "drop") == 0; rapid.IntRange(0, 3).Draw(g.t, "fork") == 0 {
		c.As = g.one("as", g.ids)
	}
	if g.coin("on") {
		c.Version = versionOf(g.one("on version", g.versions))
	}
	return c
}

// TestResetProperty resets and forks families of runs again and again, in all states. What the new
// runs have under way is compared with the histories after every entry.
func TestResetProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		g := &gambler{w: w, t: rt, types: []string{"order", "refund"}, versions: []string{"v1", "v2"}, ids: []string{"a", "b"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "order")})
		w.start("a", "order")
		w.start("b", "refund")
		w.budget = rapid.SampledFrom([]uint64{EntryBudget, EntryBudget, 300, 100}).Draw(rt, "budget")
		for range rapid.IntRange(10, 60).Draw(rt, "entries") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 5).Draw(rt, "seconds")) * time.Second)
			ids := g.ids
			w.view(func(v View) { // children, too
				runs, _ := v.ListRuns(RunFilter{}, 8, "")
				for _, r := range runs {
					ids = append(ids, r.WorkflowID)
				}
			})
			ref := RunRef{WorkflowID: g.one("id", ids)}
			var c Command
			switch rapid.IntRange(0, 12).Draw(rt, "command") {
			case 0:
				c = &TerminateRun{Run: ref}
			case 1:
				c = &CancelRun{Run: ref}
			case 2:
				fire := new(FireTimers)
				w.view(func(v View) { fire.Timers = v.DueTimers(w.now, 5) })
				c = fire
			case 3:
				c = g.reopen(ref)
			case 4, 5, 6:
				c = g.reset(ref)
			case 7:
				c = &SignalRun{Run: ref, Name: "go", MaxWaiting: 50}
			case 8:
				c = &Continue{Job: rapid.Uint64Range(0, 9).Draw(rt, "job")}
			default:
				c = g.turn(ref.WorkflowID)
			}
			w.propose(Envelope{Command: c})
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}

// TestResetOfAScheduledRun: a copy has the place of its run in the schedule that started that one,
// and in no other of the same id, also when it is reopened later.
func TestResetOfAScheduledRun(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	put := &PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "order", Every: 1e9, Overlap: rows.OverlapAllowAll}}
	open := func() (open []history.RunID) {
		w.view(func(v View) {
			s, _ := v.Schedule("s")
			open = s.Open
		})
		return open
	}
	w.do(put)
	old := w.do(&FireSchedule{ID: "s", Apart: true, Times: []history.Time{w.now}}).(*ScheduleAnswer).Started[0]
	ref := RunRef{WorkflowID: old.WorkflowID}
	c := w.resetOf(ref, 0)
	w.do(c)
	if got := open(); !slices.Equal(got, []history.RunID{c.RunID}) || w.latest(ref.WorkflowID).Schedule != "s" {
		t.Fatalf("open are %v", got)
	}
	w.do(&DeleteSchedule{ID: "s"})
	w.now = w.now.Add(time.Second)
	w.do(put)
	w.now = w.now.Add(time.Second)
	w.do(w.resetOf(ref, 0)) // an open one
	w.do(&TerminateRun{Run: ref})
	w.do(w.resetOf(ref, 0)) // a closed one
	w.do(&TerminateRun{Run: ref})
	w.do(w.reopenOf(ref))
	if got := open(); len(got) > 0 {
		t.Errorf("the schedule that was made again knows of %v", got)
	}
	w.checkReplays()
}

// TestResetStartsChildrenAsBefore: a child that is started again is tried again as the one before
// would have been.
func TestResetStartsChildrenAsBefore(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("run", "order")
	w.turn("run", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "order", Retry: &history.Retry{MaxAttempts: 3}, ChainTimeout: 100e9})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "kid"}})
	w.do(w.resetOf(RunRef{WorkflowID: "run"}, 1))
	w.turn("kid", &history.WorkflowFailed{Error: history.RunError{Kind: "broken"}})
	if kid := w.latest("kid"); !kid.Status.Open() || kid.BeginsAt == 0 {
		t.Errorf("the child is %+v", kid)
	}
	w.checkReplays()
}

// TestResetLeavesLaterChildren: a child that had failed at the point, and was started again after
// it, ends with the old run.
func TestResetLeavesLaterChildren(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("run", "order")
	w.turn("run", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "order"}, &history.ChildWorkflowStarted{ID: 2, WorkflowID: "other", WorkflowType: "order"})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "kid"}})
	w.turn("run")
	w.do(&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "go", MaxWaiting: 9})
	w.turn("run", &history.WorkflowFailed{Error: history.RunError{Kind: "broken"}})
	ref := RunRef{WorkflowID: "run"}
	w.do(w.reopenOf(ref, 1))
	if kid := w.latest("kid"); !kid.Status.Open() {
		t.Fatal("the child was not started again")
	}
	c := w.resetOf(ref, 2) // after it had failed
	c.DropSignals = true
	w.do(c)
	if kid := w.latest("kid"); kid.Status != history.StatusTerminated {
		t.Errorf("the child is %+v", kid)
	}
	if got, want := w.types(c.RunID, c.Cut+1), "WorkflowReset ChildWorkflowStarted"; got != want { // of the other one, which was terminated in between
		t.Errorf("the new run goes on with %s, want %s", got, want)
	}
	w.checkReplays()
}

// TestResetAfterAForgottenCancel: a request to cancel that a reopening took back stays taken back
// in a copy, also when the next turn, which has seen it, asked for nothing.
func TestResetAfterAForgottenCancel(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("run", "order")
	ref := RunRef{WorkflowID: "run"}
	w.do(&CancelRun{Run: ref})
	w.do(&TerminateRun{Run: ref})
	w.do(w.reopenOf(ref))
	w.turn("run")
	w.do(w.resetOf(ref, 1))
	if run := w.latest("run"); run.CancelAsked {
		t.Errorf("the new run is %+v", run)
	}
	w.checkReplays()
}

// TestResetTakesNoChildOfATurnTakenBack: a reopening took back the turn that had started a child,
// and the next turn started another one under its ordinal. A reset to before that turn takes over
// neither: its code starts one anew. At level 6 the new run had a child that no event of it named,
// and counted one too many when its code started its own.
func TestResetTakesNoChildOfATurnTakenBack(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("run", "order")
	child := func(id string) *history.ChildWorkflowStarted {
		return &history.ChildWorkflowStarted{ID: 1, WorkflowID: id, WorkflowType: "order", OnClose: history.CloseAbandon}
	}
	w.turn("run", child("void"), &history.WorkflowFailed{Error: history.RunError{Kind: "broken"}})
	ref := RunRef{WorkflowID: "run"}
	w.do(w.reopenOf(ref))
	reopened := w.latest("run").Events
	w.turn("run", child("later"))
	c := w.resetOf(ref, 1)
	c.Cut, c.Again = reopened, nil
	if answer := w.do(c).(*ResetAnswer); answer.Children != 0 {
		t.Errorf("%+v", answer)
	}
	if got := w.types(c.RunID, c.Cut+1); got != "WorkflowReset" {
		t.Errorf("the new run goes on with %s", got)
	}
	w.turn("run", child("own"))
	w.view(func(v View) {
		if kids := v.Children(c.RunID); len(kids) != 1 || kids[0] != w.latest("own").RunID {
			t.Errorf("its children are %v", kids)
		}
	})
	if kid := w.latest("later"); !kid.Status.Open() {
		t.Errorf("the child that was to outlive its parent is %+v", kid)
	}
	w.turn("run", &history.WorkflowCompleted{})
	w.checkReplays()
}
