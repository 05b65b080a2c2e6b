package fsm

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestPurgeOfLongRuns: histories go whole, whether row by row or as ranges, in batches whose rows
// are bounded; neighbours keep theirs.
func TestPurgeOfLongRuns(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&SetRetention{Rule: rows.Retention{Age: history.Duration(time.Hour)}})
	lengths := []int{0, pointRows - 2, pointRows - 1, pointRows, 3 * pointRows, 900, 900, 900, 900, 900, 900, 0}
	for i, n := range lengths {
		id := fmt.Sprint(i)
		w.start(id, "order")
		var signals []Envelope
		for range n {
			signals = append(signals, Envelope{Command: &SignalRun{Run: RunRef{WorkflowID: id}, Name: "go", MaxWaiting: 10_000}})
		}
		w.propose(signals...)
		w.turn(id)
	}
	for i := range len(lengths) - 1 {
		w.do(&TerminateRun{Run: RunRef{WorkflowID: fmt.Sprint(i)}})
	}
	w.now = w.now.Add(time.Hour)
	var purged []uint64
	for left := len(lengths) - 1; left > 0; {
		var ids []history.RunID
		w.view(func(v View) { ids = v.ExpiredRuns(w.now, maxRows) })
		if len(ids) != left {
			t.Fatalf("%d runs have expired, %d are left", len(ids), left)
		}
		n := w.do(&PurgeRuns{Runs: ids}).(*PurgeAnswer).Purged
		left, purged = left-int(n), append(purged, n)
		if err := Audit(w.s); err != nil {
			t.Fatal(err)
		}
	}
	if len(purged) < 2 || len(purged) > 4 {
		t.Errorf("the batches were %v", purged)
	}
	if last := w.latest(fmt.Sprint(len(lengths) - 1)); len(w.history(last.RunID)) != 1 {
		t.Errorf("the run that is open has %+v", last)
	}
	w.checkReplays()
}

// TestPurgeIsBounded: a command names so many runs and no more, and passes over what it cannot
// delete.
func TestPurgeIsBounded(t *testing.T) {
	w := newWorld(t)
	w.refused(&PurgeRuns{Runs: make([]history.RunID, maxPurged+1)}, "resource_exhausted")
	if n := w.do(&PurgeRuns{Runs: make([]history.RunID, maxPurged)}).(*PurgeAnswer).Purged; n != 0 {
		t.Errorf("%d runs were deleted", n)
	}
	for i := range maxRules {
		w.do(&SetRetention{Rule: rows.Retention{Type: fmt.Sprint("type-", i), Age: MinRetention}})
		if i == 0 {
			w.s.cfg.Check = nil
		}
	}
	w.refused(&SetRetention{Rule: rows.Retention{Type: "one-more", Age: MaxRetention}}, "resource_exhausted")
	w.do(&SetRetention{Rule: rows.Retention{Type: "type-0", Age: MaxRetention}})
	w.do(&SetRetention{Rule: rows.Retention{Type: "type-1"}, Remove: true})
	w.do(&SetRetention{Rule: rows.Retention{Type: "one-more", Age: MaxRetention}})
	w.view(func(v View) {
		rules := v.Retention()
		if len(rules) != maxRules || rules[0].Type != "one-more" || rules[1].Age != MaxRetention {
			t.Errorf("%d rules: %v", len(rules), rules[:3])
		}
	})
	w.checkReplays()
}

// TestPurgeInOneEntry: runs are deleted in the entry that closed others and touched these, and
// their ids are taken again in it.
func TestPurgeInOneEntry(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&SetRetention{Rule: rows.Retention{Type: "order", Age: MinRetention}})
	a, b := w.start("a", "order"), w.start("b", "order")
	w.turn("a", &history.ActivityScheduled{ID: 1, Activity: "charge", Queue: "default"})
	leased := w.do(&LeaseTasks{Queue: "default", Activities: []string{"charge"}, Worker: "w", Max: 1, Lease: 60e9}).(*LeaseAnswer).Tasks
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a"}})
	w.now = w.now.Add(time.Second)
	purge := Envelope{Command: &PurgeRuns{Runs: []history.RunID{b, a, a}}}
	results := w.propose(
		purge, // its task is still in a worker's hands
		Envelope{Command: &CompleteTasks{Results: []TaskOutput{{Token: leased[0].Token}}}},
		Envelope{Command: &TerminateRun{Run: RunRef{WorkflowID: "b"}}},
		purge, // a, but not b, which has only just closed
		Envelope{Command: &StartRun{WorkflowID: "a", RunID: w.mint(), Type: "order"}},
		purge,
	)
	for i, want := range map[int]uint64{0: 0, 3: 1, 5: 0} {
		if got := results[i].Answer.(*PurgeAnswer).Purged; got != want {
			t.Errorf("command %d deleted %d runs, want %d", i, got, want)
		}
	}
	w.view(func(v View) {
		if _, ok := v.Run(a); ok {
			t.Error("a is still there")
		}
		if counts := v.CountRuns(RunFilter{}); len(counts) != 2 || counts[0].Count != 1 || counts[1].Count != 1 {
			t.Errorf("counts are %v", counts)
		}
	})
	w.checkReplays()
}
