package sim

import (
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// told is a model whose results a test supplies by hand.
type told struct {
	*Model
	t     *testing.T
	index uint64
}

func newTold(t *testing.T) *told {
	m := &told{Model: newModel(), t: t}
	m.right(fsm.Envelope{Command: &fsm.LoadPackage{Package: packages[0], Route: true}}, fsm.Result{Answer: &fsm.LoadAnswer{FreshlyLoaded: true, Routes: []catalog.RouteChange{{Changed: true}, {Changed: true}, {Changed: true}}}})
	return m
}

func (m *told) judgeNext(e fsm.Envelope, r fsm.Result) string {
	m.index++
	m.begin(m.index, epoch+history.Time(m.index)*1e9)
	if r.Index == 0 {
		r.Index = m.index
	}
	return m.judge(&e, &r)
}

func (m *told) right(e fsm.Envelope, r fsm.Result) {
	m.t.Helper()
	if why := m.judgeNext(e, r); why != "" {
		m.t.Fatalf("%T with %+v: %s", e.Command, r, why)
	}
}

func (m *told) wrong(e fsm.Envelope, r fsm.Result) {
	m.t.Helper()
	if why := m.judgeNext(e, r); why == "" {
		m.t.Errorf("%T with %+v passed", e.Command, r)
	}
}

func start(id string, n byte) fsm.Envelope {
	return fsm.Envelope{Command: &fsm.StartRun{WorkflowID: id, RunID: history.RunID{n}, Type: "order"}}
}

func runs(id string, n byte) fsm.Result {
	return fsm.Result{Answer: &fsm.StartAnswer{WorkflowID: id, RunID: history.RunID{n}, Version: packages[0].Version}}
}

func TestModelSeesWrongStarts(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	m.right(start("a", 2), fsm.Result{Refusal: &fsm.AlreadyRunning{RunID: history.RunID{1}}})
	m.wrong(start("a", 3), runs("a", 3))                                                      // it is open
	m.wrong(start("a", 4), fsm.Result{Refusal: &fsm.AlreadyRunning{RunID: history.RunID{9}}}) // another one is
	m.wrong(start("b", 5), fsm.Result{Answer: &fsm.StartAnswer{WorkflowID: "b", RunID: history.RunID{5}, Version: packages[1].Version}})
	m.wrong(start("c", 6), fsm.Result{Refusal: new(catalog.UnknownWorkflowType)})
}

func TestModelSeesWrongUnloads(t *testing.T) {
	m := newTold(t)
	v := packages[0].Version
	unload := fsm.Envelope{Command: &fsm.UnloadVersion{Type: "order", Version: v.String()}}
	m.right(unload, fsm.Result{Refusal: new(catalog.RouteActive)})
	m.right(start("a", 1), runs("a", 1))
	m.right(fsm.Envelope{Command: &fsm.LoadPackage{Package: packages[1], Route: true}}, fsm.Result{Answer: &fsm.LoadAnswer{FreshlyLoaded: true, Routes: []catalog.RouteChange{{Changed: true}, {Changed: true}}}})
	m.right(fsm.Envelope{Command: &fsm.UnrouteType{Type: "ship"}}, fsm.Result{Answer: new(fsm.RouteAnswer)})
	pinned := &fsm.VersionPinned{Version: v, Counts: rows.PinCounts{InFlightStart: 1}, Holders: []fsm.PinHolder{{Kind: rows.PinInFlightStart, RunID: history.RunID{1}}}}
	m.right(unload, fsm.Result{Refusal: pinned})
	m.wrong(unload, fsm.Result{Refusal: &fsm.VersionPinned{Version: v, Counts: rows.PinCounts{LiveRun: 1}}})
	m.wrong(unload, fsm.Result{Refusal: &fsm.VersionPinned{Version: v, Counts: rows.PinCounts{InFlightStart: 1}, Holders: []fsm.PinHolder{{RunID: history.RunID{2}}}}})
	m.wrong(unload, fsm.Result{Answer: &fsm.UnloadAnswer{Version: v}}) // a run is open on it
}

func TestModelSeesWrongDeployments(t *testing.T) {
	m := newTold(t)
	load := &fsm.LoadPackage{Package: packages[1], Route: true}
	loaded := fsm.ChangeAnswer{Load: &fsm.LoadAnswer{FreshlyLoaded: true, Routes: []catalog.RouteChange{{Changed: true}, {Changed: true}}}}
	unload := &fsm.UnloadVersion{Type: "order", Version: packages[1].Version.String()}
	const routeActive = 72 // the refusal's number on disk
	refusal := func(change uint32) fsm.Result {
		return fsm.Result{Refusal: &fsm.ChangeRefused{Change: change, Op: "unload", Outcome: append([]byte{routeActive}, rows.Encoded(&catalog.RouteActive{Version: packages[1].Version, Types: []string{"order"}})...)}}
	}
	both := fsm.Envelope{Command: &fsm.Deploy{Changes: []fsm.Change{{Load: load}, {Unload: unload}}}}
	m.wrong(both, fsm.Result{Answer: &fsm.DeployAnswer{Changes: []fsm.ChangeAnswer{loaded, {Unload: new(fsm.UnloadAnswer)}}}}) // it is routed
	m.wrong(both, refusal(0))                                                                                                  // it is the other one
	m.right(both, refusal(1))
	alone := fsm.Envelope{Command: &fsm.Deploy{Changes: []fsm.Change{{Load: load}}}}
	m.wrong(alone, fsm.Result{Answer: new(fsm.DeployAnswer)})
	m.right(alone, fsm.Result{Answer: &fsm.DeployAnswer{Changes: []fsm.ChangeAnswer{loaded}}}) // fresh: the refused one has left nothing
	none := fsm.Envelope{Command: &fsm.Deploy{Expect: []catalog.Expect{{Type: "order", Ref: "none"}}}}
	m.wrong(none, fsm.Result{Answer: new(fsm.DeployAnswer)}) // there is a route
	m.right(none, fsm.Result{Refusal: new(catalog.RouteConflict)})
}

func TestModelSeesRequestsThatAreDoneTwice(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	signal := fsm.Envelope{Request: &fsm.Request{ID: "r", Short: true}, Command: &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: "a"}, MaxWaiting: 5}}
	m.right(signal, fsm.Result{Answer: new(fsm.RunAnswer)})
	m.right(signal, fsm.Result{Index: 3, Answer: new(fsm.RunAnswer), Deduplicated: true})
	m.wrong(signal, fsm.Result{Answer: new(fsm.RunAnswer)})                                 // done again
	m.wrong(signal, fsm.Result{Index: 2, Answer: new(fsm.RunAnswer), Deduplicated: true})   // not its first outcome
	m.wrong(signal, fsm.Result{Index: 3, Refusal: new(fsm.NotRunning), Deduplicated: true}) // nor this
	r := fsm.Result{Index: 7, Answer: new(fsm.RunAnswer)}
	if why := m.compareTold(&signal, &r); why == "" {
		t.Error("a caller was told of an index at which its request was not carried out")
	}
	signal.Request.Print[0]++
	m.wrong(signal, fsm.Result{Index: 3, Answer: new(fsm.RunAnswer), Deduplicated: true}) // another request under the same id
}

func TestModelSeesWrongTurnsAndTimers(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	turn := fsm.Envelope{Command: &fsm.RecordTurn{RunID: history.RunID{1}, N: 1, Through: 1, Asked: []history.Event{{Data: &history.TimerStarted{ID: 17, Duration: 10e9}}}}}
	m.right(turn, fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 2, Appended: make([]history.Event, 1)}})
	m.wrong(turn, fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 3, Appended: make([]history.Event, 1)}}) // it is fenced
	due := epoch + 3e9 + 10e9
	fire := func(at history.Time) fsm.Envelope {
		return fsm.Envelope{Command: &fsm.FireTimers{Timers: []fsm.TimerRef{{FireAt: at, RunID: history.RunID{1}, ID: 17}}}}
	}
	m.wrong(fire(due), fsm.Result{Answer: &fsm.FireAnswer{Fired: 1}}) // early
	m.index = 20
	m.wrong(fire(due+1), fsm.Result{Answer: &fsm.FireAnswer{Fired: 1}}) // not the time that it is armed for
	m.right(fire(due), fsm.Result{Answer: &fsm.FireAnswer{Fired: 1}})
	m.wrong(fire(due), fsm.Result{Answer: &fsm.FireAnswer{Fired: 1}}) // twice
}

func TestModelSeesWrongTasks(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	m.right(fsm.Envelope{Command: &fsm.RecordTurn{RunID: history.RunID{1}, N: 1, Through: 1, Asked: []history.Event{
		{Data: &history.ActivityScheduled{ID: 17, Activity: "ship", Queue: "default"}}, {Data: &history.ActivityScheduled{ID: 18, Activity: "ship", Queue: "default"}},
	}}}, fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 3, Appended: make([]history.Event, 2)}})
	lease := fsm.Envelope{Command: &fsm.LeaseTasks{Queue: "default", Activities: []string{"ship"}, Max: 1, Lease: 5e9}}
	token := func(id uint64, attempt uint32) fsm.TaskToken {
		return fsm.TaskToken{RunID: history.RunID{1}, ID: id, Attempt: attempt}
	}
	m.right(lease, fsm.Result{Answer: &fsm.LeaseAnswer{Tasks: []fsm.Leased{{Token: token(17, 1)}}}})
	m.wrong(lease, fsm.Result{Answer: &fsm.LeaseAnswer{Tasks: []fsm.Leased{{Token: token(17, 2)}}}}) // one that somebody holds
	complete := fsm.Envelope{Command: &fsm.CompleteTasks{Results: []fsm.TaskOutput{{Token: token(17, 1)}}}}
	m.right(complete, fsm.Result{Answer: &fsm.TaskAnswer{Replies: []fsm.TaskReply{{}}}})
	m.wrong(complete, fsm.Result{Answer: &fsm.TaskAnswer{Replies: []fsm.TaskReply{{}}}}) // a second outcome
}

func TestLeaveOutFindsTheSmallest(t *testing.T) {
	list := strings.Split("abcdefghijklmnopqrstuvwxyz", "")
	got := leaveOut(t.Context(), list, func(s []string) bool {
		all := strings.Join(s, "")
		return strings.Contains(all, "c") && strings.Contains(all, "x")
	})
	if all := strings.Join(got, ""); all != "cx" {
		t.Errorf("left %q", all)
	}
}

func TestShrinkOfWhatDoesNotFail(t *testing.T) {
	steps := Schedule(1, 50, Nodes)
	if got, v := Shrink(t.Context(), steps); v != nil || len(got) != len(steps) {
		t.Errorf("got %d steps, %v", len(got), v)
	}
}

func TestModelSeesWrongReopenings(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	m.right(fsm.Envelope{Command: &fsm.RecordTurn{RunID: history.RunID{1}, N: 1, Through: 1, Asked: []history.Event{{Data: &history.TimerStarted{ID: 17, Duration: 10e9}}}}},
		fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 2, Appended: make([]history.Event, 1)}})
	reopen := func(c fsm.ReopenRun) fsm.Envelope {
		c.Run = fsm.RunRef{WorkflowID: "a"}
		return fsm.Envelope{Command: &c}
	}
	done := fsm.Result{Answer: new(fsm.RunAnswer)}
	m.wrong(reopen(fsm.ReopenRun{Events: 2}), done) // it is open
	m.right(fsm.Envelope{Command: &fsm.TerminateRun{Run: fsm.RunRef{WorkflowID: "a"}}}, done)
	again := []fsm.Again{{ID: 17, Seq: 2}}
	m.wrong(reopen(fsm.ReopenRun{Events: 2, Again: again}), done)                                            // it has three events by now
	m.wrong(reopen(fsm.ReopenRun{Events: 3, Turn: 1, Again: again}), done)                                   // no turn closed it
	m.wrong(reopen(fsm.ReopenRun{Events: 3, Again: []fsm.Again{{ID: 17, Seq: 1}}}), done)                    // event 1 begins nothing
	m.wrong(reopen(fsm.ReopenRun{Events: 3, Forget: []uint64{18}, Again: again}), done)                      // 18 is not taken up again
	m.wrong(reopen(fsm.ReopenRun{Events: 3, Again: again}), fsm.Result{Refusal: new(fsm.InvalidState)})      // it can be reopened
	m.wrong(reopen(fsm.ReopenRun{Events: 3, Again: again}), fsm.Result{Refusal: new(fsm.ResourceExhausted)}) // it was, just now: it is open
	turn := fsm.Envelope{Command: &fsm.RecordTurn{RunID: history.RunID{1}, N: 2, Through: 3}}
	m.wrong(turn, fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 4}}) // it was made before the run was reopened
	r := m.runs[history.RunID{1}]
	if len(r.timers) != 1 || r.timers[0].id != 17 || r.status != history.StatusRunning || len(r.reopened) != 1 {
		t.Errorf("reopened as %+v", r)
	}
}

func TestModelSeesWrongLimits(t *testing.T) {
	m := newTold(t)
	m.right(start("a", 1), runs("a", 1))
	scheduled := func(id uint64) history.Event {
		return history.Event{Data: &history.ActivityScheduled{ID: id, Activity: "ship", Queue: "default"}}
	}
	m.right(fsm.Envelope{Command: &fsm.RecordTurn{RunID: history.RunID{1}, N: 1, Through: 1, Asked: []history.Event{scheduled(17), scheduled(18), scheduled(19), scheduled(20)}}},
		fsm.Result{Answer: &fsm.TurnAnswer{Status: history.StatusRunning, Last: 5, Appended: make([]history.Event, 4)}})
	limit := func(l rows.QueueLimits) fsm.Envelope {
		return fsm.Envelope{Command: &fsm.LimitQueue{Queue: "default", Limits: l}}
	}
	lease := fsm.Envelope{Command: &fsm.LeaseTasks{Queue: "default", Activities: []string{"ship"}, Max: 3, Lease: 100e9, Named: true}}
	given := func(ids ...uint64) fsm.Result {
		a := new(fsm.LeaseAnswer)
		for _, id := range ids {
			a.Tasks = append(a.Tasks, fsm.Leased{Token: fsm.TaskToken{RunID: history.RunID{1}, ID: id, Attempt: 1}})
		}
		return fsm.Result{Answer: a}
	}
	m.wrong(limit(rows.QueueLimits{Burst: 3}), fsm.Result{Answer: new(fsm.Done)}) // a burst of nothing
	m.right(limit(rows.QueueLimits{Concurrency: 1}), fsm.Result{Answer: new(fsm.Done)})
	m.right(lease, given(17))
	m.wrong(lease, given(18)) // the limit is reached
	m.right(limit(rows.QueueLimits{Rate: 1, Per: 20e9}), fsm.Result{Answer: new(fsm.Done)})
	m.right(lease, given(18))
	m.right(lease, given())   // a second later
	m.wrong(lease, given(19)) // two
	m.index += 30
	m.right(lease, given(19))
}

func TestModelSeesWrongInputs(t *testing.T) {
	m := newTold(t)
	m.right(fsm.Envelope{Command: &fsm.LoadPackage{Package: gates[0], Route: true}}, fsm.Result{Answer: &fsm.LoadAnswer{FreshlyLoaded: true, Routes: []catalog.RouteChange{{Changed: true}}}})
	begin := func(n byte, schema catalog.Digest) fsm.Envelope {
		return fsm.Envelope{Command: &fsm.StartRun{WorkflowID: "g", RunID: history.RunID{n}, Type: "gate", CheckedSchema: schema, Attributes: history.Attributes{"city": history.Payload(`"x"`)}}}
	}
	started := fsm.Result{Answer: &fsm.StartAnswer{WorkflowID: "g", RunID: history.RunID{1}, Version: gates[0].Version}}
	m.wrong(begin(1, schemas[2]), started) // checked against another schema
	m.right(begin(1, schemas[2]), fsm.Result{Refusal: new(fsm.Recheck)})
	m.right(begin(1, schemas[1]), started)
	if got := m.runs[history.RunID{1}].attrs; string(got["city"]) != `"x"` {
		t.Errorf("attributes are %s", got)
	}
}
