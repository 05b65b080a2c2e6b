package fsm

import (
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// moveCommands is the one kind with every field set.
func moveCommands() []Command {
	return []Command{&MoveRun{Run: RunRef{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}}, From: versionOf("v1"), To: versionOf("v2"), Turns: 3, Reopened: 1}}
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
	w.do(move)
}
