package fsm

import (
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// moveCommands is one of each kind of level 2 with every field set.
func moveCommands() []Command {
	return []Command{&MoveRun{Run: RunRef{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}}, From: versionOf("v1"), To: versionOf("v2"), Turns: 3, Reopened: 1}, &TakeFingerprints{}}
}

// move moves a run as it stands, or as it stood a turn ago.
func (g *gambler) move(ref RunRef) Command {
	run, _ := g.w.find(ref.WorkflowID)
	c := &MoveRun{Run: ref, From: run.Version, To: versionOf(g.one("to", g.versions)), Turns: run.Turns, Reopened: uint64(len(run.Reopened))}
	if c.Turns > 0 && rapid.IntRange(0, 3).Draw(g.t, "old proof") == 0 {
		c.Turns--
	}
	return c
}

// TestMoveFencesTurns: a turn that was made on the old version, without seeing the move, is not
// recorded.
func TestMoveFencesTurns(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "a")})
	w.do(&StartRun{WorkflowID: "run", RunID: w.mint(), Type: "a"})
	w.turn("run", &history.TimerStarted{ID: 1, Duration: 1e9})
	w.do(&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "go", MaxWaiting: 10})
	old := w.turnOf("run", &history.TimerStarted{ID: 2, Duration: 1e9})
	w.do(&MoveRun{Run: RunRef{WorkflowID: "run"}, From: versionOf("v1"), To: versionOf("v2"), Turns: 1})
	if _, fenced := w.propose(Envelope{Command: old})[0].Refusal.(*Fenced); !fenced {
		t.Error("a turn of the old version was recorded")
	}
	w.turn("run", &history.TimerStarted{ID: 2, Duration: 1e9})
	run := w.latest("run")
	if run.Version != versionOf("v2") || run.Moved != 4 || run.Turns != 2 {
		t.Errorf("%+v", run)
	}
	w.view(func(v View) {
		if was, is := v.Pins(versionOf("v1")), v.Pins(versionOf("v2")); was.Total() != 0 || is != (rows.PinCounts{LiveRun: 1}) {
			t.Errorf("pins %+v and %+v", was, is)
		}
		if runs, _ := v.ListRuns(RunFilter{Version: versionOf("v2")}, 10, ""); len(runs) != 1 {
			t.Errorf("listed by version: %+v", runs)
		}
		if counts := v.CountRuns(RunFilter{Version: versionOf("v1")}); len(counts) != 0 {
			t.Errorf("counted on the old version: %+v", counts)
		}
	})
	w.checkReplays()
}

// TestMoveNeedsTheLevel: as long as a node may be of a build that does not know the command,
// nothing is moved.
func TestMoveNeedsTheLevel(t *testing.T) {
	w := oldWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "a")})
	w.do(&StartRun{WorkflowID: "run", RunID: w.mint(), Type: "a"})
	move := &MoveRun{Run: RunRef{WorkflowID: "run"}, From: versionOf("v1"), To: versionOf("v2")}
	if _, fenced := w.propose(Envelope{Command: move})[0].Refusal.(*Fenced); !fenced {
		t.Error("a run was moved at level 0")
	}
	w.do(&RaiseLevel{Level: 1})
	if _, fenced := w.propose(Envelope{Command: move})[0].Refusal.(*Fenced); !fenced {
		t.Error("a run was moved at level 1")
	}
	w.do(&RaiseLevel{Level: 2})
	w.do(move)
}

// TestMovesDrain: the entry that moves the last run off a version drains it, and unloads it if that
// was asked for. A run that was moved is opened again, goes on as new and starts children like one
// that began there.
func TestMovesDrain(t *testing.T) {
	w := newWorld(t)
	v1, v2 := versionOf("v1"), versionOf("v2")
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	for _, id := range []string{"fails", "parent", "goes-on"} {
		w.start(id, "order")
	}
	w.do(&LoadPackage{Package: pack("v2", "order", "refund"), Route: true})
	w.do(&UnloadWhenDrained{Type: "order", Version: v1.String()})
	for _, id := range []string{"fails", "parent", "goes-on"} {
		if got := stateOf(w, "v1", "order"); got != "draining@5 asked by " {
			t.Fatalf("before %s is moved v1 is %s", id, got)
		}
		w.do(&MoveRun{Run: RunRef{WorkflowID: id}, From: v1, To: v2})
	}
	if got := stateOf(w, "v1", "order"); got != "gone" {
		t.Fatalf("with the last run moved v1 is %s", got)
	}
	w.view(func(v View) {
		events, _ := v.Feed(FeedCursor{Index: w.s.Applied() - 1, N: 1<<32 - 1}, 9)
		var drained bool
		for _, e := range events {
			drained = drained || e.Name == "VersionDrained"
		}
		if !drained {
			t.Errorf("the entry of the move announced %+v", events)
		}
	})
	w.turn("parent", &history.ChildWorkflowStarted{ID: 1, WorkflowID: "child", WorkflowType: "refund"})
	w.turn("goes-on", &history.WorkflowContinuedAsNew{Same: true})
	w.turn("fails", &history.WorkflowFailed{})
	w.do(w.reopenOf(RunRef{WorkflowID: "fails"}))
	for _, id := range []string{"fails", "parent", "child", "goes-on"} {
		if run := w.latest(id); run.Version != v2 || !run.Status.Open() {
			t.Errorf("%s is %s on version %s", id, run.Status, run.Version.Short())
		}
	}
	w.checkReplays()
}
