package fsm

import (
	"fmt"
	"slices"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// stopCommands is one of each kind with every field set.
func stopCommands() []Command {
	return []Command{&StopRuns{Type: "order", Version: "3f2a1b", Reason: "r"}, &LiftStop{Type: "order", Version: "3f2a1b", Resume: true}, &SetRunQuota{Quota: rows.RunQuota{Name: "order", OpenRuns: 9, Depth: 3}}}
}

// TestStop: nothing of what is stopped starts, by any way, and what is open is paused by a job that
// needs several entries; another type goes on.
func TestStop(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a", "b"), Route: true})
	w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "a", Every: 1e9, Overlap: rows.OverlapAllowAll, Next: w.now.Add(1e9)}})
	for i := range 30 {
		w.do(&StartRun{WorkflowID: fmt.Sprint("a", i), RunID: w.mint(), Type: "a", Timeout: 60e9})
	}
	w.start("b", "b")
	w.do(&PauseRun{Run: RunRef{WorkflowID: "a3"}, Reason: "mine", Still: true})
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a4"}})
	moot := w.turnOf("a1", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "b"})

	w.refused(&StopRuns{}, "invalid_input")
	w.refused(&StopRuns{Type: "a", Version: "111111"}, "invalid_input")
	w.refused(&StopRuns{Type: "none"}, "unknown_workflow_type")
	w.refused(&StopRuns{Version: "0123456789"}, "unknown_version")
	w.budget = 200
	stop := w.do(&StopRuns{Type: "a", Reason: "it forks"}).(*StopAnswer)
	if !stop.Changed || stop.Job == 0 || stop.Stop.Open != 28 || stop.Stop.Reason != "it forks" {
		t.Fatalf("stopped: %+v", stop)
	}
	if again := w.do(&StopRuns{Type: "a", Reason: "once more"}).(*StopAnswer); again.Changed || again.Stop != stop.Stop {
		t.Fatalf("stopped twice: %+v", again)
	}
	w.refused(moot, (&Fenced{}).Code()) // and its child with it
	refusal := w.refused(&StartRun{WorkflowID: "x", RunID: w.mint(), Type: "a"}, "stopped")
	if refusal.Error() != `workflow type "a" is stopped: it forks` {
		t.Fatal(refusal)
	}
	w.runs = w.runs[:len(w.runs)-1]
	w.refused(&ResumeRun{Run: RunRef{WorkflowID: "a3"}}, "stopped")
	w.refused(&ReopenRun{Run: RunRef{WorkflowID: "a4"}, Events: w.latest("a4").Events}, "stopped")
	w.turn("b", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "a"}, &history.ChildWorkflowStarted{ID: 2, WorkflowID: "kid2", WorkflowType: "b"})
	events := w.history(w.latest("b").RunID)
	failed, _ := events[len(events)-1].Data.(*history.ChildWorkflowFailed)
	if failed == nil || failed.ID != 1 || failed.Error.Kind != history.KindStopped || failed.Error.Message != refusal.Error() {
		t.Fatalf("a child was started: %+v", events[len(events)-1].Data)
	}
	w.now = w.now.Add(1e9)
	w.do(&FireSchedule{ID: "s", Due: w.now, Next: w.now.Add(1e9), Times: []history.Time{w.now}})
	w.view(func(v View) {
		if s, _ := v.Schedule("s"); s.Failed != 1 || s.Started != 0 || s.Failure.Kind != history.KindStopped {
			t.Errorf("the schedule fired: %+v", s)
		}
	})
	if pieces := w.finish(); pieces < 3 {
		t.Errorf("28 runs were paused in %d entries of a budget for few", pieces)
	}
	for i := range 30 {
		r := w.latest(fmt.Sprint("a", i))
		if want := map[int]history.Status{4: history.StatusTerminated}[i]; want != 0 && r.Status != want || want == 0 && r.Status != history.StatusPaused || r.Stopped == (i == 3 || i == 4) {
			t.Errorf("run %d: %+v", i, r)
		}
	}

	if lifted := w.do(&LiftStop{Type: "a"}).(*StopAnswer); !lifted.Changed || lifted.Job != 0 || lifted.Stop != stop.Stop {
		t.Errorf("lifted: %+v", lifted)
	}
	if r := w.latest("a1"); r.Status != history.StatusPaused {
		t.Errorf("a run went on: %+v", r)
	}
	w.start("x", "a")
	if lifted := w.do(&LiftStop{Type: "a", Resume: true}).(*StopAnswer); lifted.Changed || lifted.Job == 0 {
		t.Errorf("lifted: %+v", lifted)
	}
	w.finish()
	for i := range 30 {
		if r := w.latest(fmt.Sprint("a", i)); i != 3 && i != 4 && r.Status != history.StatusRunning || r.Stopped || i == 3 && r.Status != history.StatusPaused {
			t.Errorf("run %d: %+v", i, r)
		}
	}
	w.checkReplays()
}

// TestStopVersion: a run that continues as new onto a version that is stopped is paused when it
// begins, a run that runs cannot be moved there, and one that is paused can be moved away.
func TestStopVersion(t *testing.T) {
	w := newWorld(t)
	v1, v2 := versionOf("v1"), versionOf("v2")
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.start("r", "a")
	w.start("q", "a")
	w.do(&LoadPackage{Package: pack("v2", "a"), Route: true})
	w.do(&StopRuns{Version: v2.String()[:8]})
	w.turn("r", &history.WorkflowContinuedAsNew{})
	if r := w.latest("r"); r.Version != v2 || r.Status != history.StatusPaused || !r.Stopped {
		t.Errorf("it goes on: %+v", r)
	}
	w.refused(&MoveRun{Run: RunRef{WorkflowID: "q"}, From: v1, To: v2}, "stopped")
	w.refused(&StartRun{WorkflowID: "x", RunID: w.mint(), Type: "a"}, "stopped")
	w.runs = w.runs[:len(w.runs)-1]
	w.finish()
	w.do(&MoveRun{Run: RunRef{WorkflowID: "r"}, From: v2, To: v1})
	w.do(&ResumeRun{Run: RunRef{WorkflowID: "r"}})
	if r := w.latest("r"); r.Status != history.StatusRunning || r.Stopped {
		t.Errorf("moved away: %+v", r)
	}
	w.do(&StopRuns{Type: "a"})
	w.finish()
	w.do(&LiftStop{Version: v2.String(), Resume: true})
	w.finish()
	if r := w.latest("q"); r.Status != history.StatusPaused {
		t.Errorf("another stop holds it: %+v", r)
	}
	w.checkReplays()
}

// TestStopsOfNamespaces: those who may touch only some types stop only those.
func TestStopsWithGrants(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	for _, c := range []Command{&StopRuns{Type: "refund"}, &StopRuns{Version: versionOf("v1").String()}, &LiftStop{Type: "refund"}} {
		if r := w.propose(Envelope{Only: &Scope{Types: []string{"ord"}}, Command: c})[0]; r.Refusal == nil {
			t.Errorf("%+v was carried out", c)
		}
	}
	if r := w.propose(Envelope{Actor: "ada", Only: &Scope{Types: []string{"ord"}}, Command: &StopRuns{Type: "order"}})[0]; r.Refusal != nil || r.Answer.(*StopAnswer).Stop.Actor != "ada" {
		t.Errorf("%+v", r)
	}
}

// TestNothingSlipsThrough: whatever is going on, from the entry of a stop on no run of it makes a
// turn or begins to run, and once the jobs are done none runs; lifted, those go on that it has
// paused.
func TestNothingSlipsThrough(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer func() { w.s.Close() }()
		w.do(&LoadPackage{Package: pack("v1", "a", "b"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "a", "b")})
		w.budget = rapid.SampledFrom([]uint64{40, 150, EntryBudget}).Draw(rt, "budget")
		turns := map[history.RunID]uint64{} // of runs that are stopped
		id := func() string { return fmt.Sprint("w", rapid.IntRange(0, 9).Draw(rt, "id")) }
		typ := func() string { return rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "type") }
		target := func() (string, string) {
			if rapid.Bool().Draw(rt, "by version") {
				return "", versionOf(rapid.SampledFrom([]string{"v1", "v2"}).Draw(rt, "version")).String()
			}
			return typ(), ""
		}
		check := func() {
			w.view(func(v View) {
				runs, _ := v.ListRuns(RunFilter{}, 1000, "")
				held := map[history.RunID]uint64{}
				for _, r := range runs {
					s, stopped := v.StopOf(r.Type, r.Version)
					if !stopped {
						continue
					}
					before, was := turns[r.RunID]
					if was && before != r.Turns || r.StartIndex > s.Index && r.Status == history.StatusRunning {
						rt.Fatalf("run %+v slipped through %+v", r, s)
					}
					held[r.RunID] = r.Turns
				}
				turns = held
			})
		}
		for range rapid.IntRange(10, 60).Draw(rt, "steps") {
			var c Command
			switch rapid.IntRange(0, 9).Draw(rt, "op") {
			case 0, 1, 2:
				c = &StartRun{WorkflowID: id(), RunID: w.mint(), Type: typ(), Timeout: 60e9}
			case 3, 4:
				name := id()
				w.view(func(v View) {
					run, ok := v.Latest(name)
					if r, _ := v.Run(run); ok {
						turn := &RecordTurn{RunID: run, N: r.Turns + 1, Through: r.Events}
						turn.Asked = []history.Event{{Data: &history.ChildWorkflowStarted{ID: 10*r.Turns + 1, WorkflowID: id(), WorkflowType: typ()}}}
						if rapid.Bool().Draw(rt, "goes on") {
							turn.Asked = append(turn.Asked, history.Event{Data: &history.WorkflowContinuedAsNew{}})
						}
						c = turn
					}
				})
			case 5:
				typ, version := target()
				c = &StopRuns{Type: typ, Version: version}
			case 6:
				typ, version := target()
				c = &LiftStop{Type: typ, Version: version, Resume: rapid.Bool().Draw(rt, "resume")}
			case 7:
				c = &RouteType{Type: typ(), Version: versionOf(rapid.SampledFrom([]string{"v1", "v2"}).Draw(rt, "version")).String()}
			case 8:
				c = rapid.SampledFrom([]Command{&ResumeRun{Run: RunRef{WorkflowID: id()}}, &PauseRun{Run: RunRef{WorkflowID: id()}, Still: true}, &SignalRun{Run: RunRef{WorkflowID: id()}, Name: "s", MaxWaiting: 10}}).Draw(rt, "other")
			case 9:
				if jobs := w.jobs(); len(jobs) > 0 {
					c = &Continue{Job: rapid.SampledFrom(jobs).Draw(rt, "job").ID}
				}
			}
			if c != nil {
				w.propose(Envelope{Command: c})
				check()
			}
		}
		w.finish()
		check()
		w.view(func(v View) {
			runs, _ := v.ListRuns(RunFilter{Status: history.StatusRunning}, 1000, "")
			if at := slices.IndexFunc(runs, func(r rows.Run) bool { _, stopped := v.StopOf(r.Type, r.Version); return stopped }); at >= 0 {
				rt.Fatalf("run %+v runs", runs[at])
			}
		})
		for _, typ := range []string{"a", "b"} {
			w.do(&LiftStop{Type: typ, Resume: true})
		}
		for _, v := range []string{"v1", "v2"} {
			w.do(&LiftStop{Version: versionOf(v).String(), Resume: true})
		}
		w.finish()
		w.view(func(v View) {
			runs, _ := v.ListRuns(RunFilter{Status: history.StatusPaused}, 1000, "")
			if at := slices.IndexFunc(runs, func(r rows.Run) bool { return r.Stopped }); at >= 0 || len(v.Stops()) > 0 {
				rt.Fatalf("%+v is stopped", runs)
			}
		})
	})
}
