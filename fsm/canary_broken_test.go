package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestQuarantinedCanaryFails: a run whose code broke has failed for its canary, in the entry that
// quarantines it, and counts no more, whatever becomes of it. Level 1 does not count it.
func TestQuarantinedCanaryFails(t *testing.T) {
	for level, want := range map[uint64]uint64{1: 0, NewestLevel: 1} {
		w := worldAt(t, level)
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		w.do(&LoadPackage{Package: pack("v2", "order")})
		w.do(&SetCanary{Type: "order", Version: versionOf("v2").String(), Share: catalog.CanaryWhole, AbortFailures: 2})
		quarantine := func(id string) {
			w.do(&PauseRun{Run: RunRef{WorkflowID: id}, Quarantined: true, Turn: w.latest(id).Turns})
		}
		w.start("a", "order")
		quarantine("a")
		w.do(&ResumeRun{Run: RunRef{WorkflowID: "a"}})
		quarantine("a")
		w.do(&ResumeRun{Run: RunRef{WorkflowID: "a"}})
		if c, ok := canaryOf(w); !ok || c.Counts.Failed != want {
			t.Fatalf("level %d: %d have failed (there is a canary: %v), want %d", level, c.Counts.Failed, ok, want)
		}
		w.turn("a", &history.WorkflowCompleted{})
		if c, _ := canaryOf(w); c.Counts.Failed != want || c.Counts.Completed != 1-want {
			t.Errorf("level %d: it completed all the same, and %d have, %d failed", level, c.Counts.Completed, c.Counts.Failed)
		}
		w.start("b", "order")
		quarantine("b")
		if _, ok := canaryOf(w); ok != (want == 0) {
			t.Errorf("level %d: after the second there is a canary: %v", level, ok)
		}
		w.checkReplays()
	}
}

// TestLotOfADeletedParent: a run whose parent has been deleted keeps the lot of that parent's id
// when it goes on.
func TestLotOfADeletedParent(t *testing.T) {
	w := canaryWorld(t, SetCanary{Share: 5_000, Salt: 3})
	w.do(&SetRetention{Rule: rows.Retention{Age: 1e9}})
	both := map[catalog.Version]int{}
	for i := range 30 {
		id := fmt.Sprint("root-", i)
		root := w.start(id, "order")
		w.turn(id, &history.ChildWorkflowStarted{ID: 1, WorkflowID: id + "-kid", WorkflowType: "order", OnClose: history.CloseAbandon, Choice: history.ChildRouted})
		want := w.latest(id + "-kid").Version
		both[want]++
		w.turn(id, &history.WorkflowCompleted{})
		w.now += 2e9
		w.do(&PurgeRuns{Runs: []history.RunID{root}})
		w.turn(id+"-kid", &history.WorkflowContinuedAsNew{})
		if got := w.latest(id + "-kid").Version; got != want {
			t.Fatalf("%s was on %s, goes on on %s", id, want.Short(), got.Short())
		}
	}
	if len(both) != 2 {
		t.Errorf("all went one way: %v", both)
	}
	w.checkReplays()
}
