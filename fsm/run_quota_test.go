package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestRunQuotas: the quota of a type and that of the whole bound what is open, whoever starts it,
// also within one turn; what closes makes room, and what continues as new takes none.
func TestRunQuotas(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a", "b"), Route: true})
	quota := func(name string, open, depth uint64) {
		w.do(&SetRunQuota{Quota: rows.RunQuota{Name: name, OpenRuns: open, Depth: depth}})
	}
	quota("a", 3, 0)
	start := func(id, typ string) Command { return &StartRun{WorkflowID: id, RunID: w.mint(), Type: typ} }
	refused := func(c Command, text string) {
		t.Helper()
		if r := w.refused(c, "resource_exhausted"); r.Error() != text {
			t.Errorf("refused with %q, want %q", r, text)
		}
		if _, is := c.(*StartRun); is {
			w.runs = w.runs[:len(w.runs)-1]
		}
	}
	w.start("a1", "a")
	w.start("b1", "b")
	kids := func(id, typ string, n int) (asked []history.Data) {
		for i := range n {
			asked = append(asked, &history.ChildWorkflowStarted{ID: uint64(i) + 1, WorkflowID: fmt.Sprint(id, ".", i), WorkflowType: typ, OnClose: history.CloseAbandon})
		}
		return asked
	}
	w.turn("b1", kids("b1", "a", 4)...)
	failures := func(id string) (kinds []string) {
		for _, e := range w.history(w.latest(id).RunID) {
			if f, is := e.Data.(*history.ChildWorkflowFailed); is {
				kinds = append(kinds, f.Error.Kind+": "+f.Error.Message)
			}
		}
		return kinds
	}
	want := `quota_reached: workflow type "a" has reached its quota open_runs of 3`
	if got := failures("b1"); len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("of four children beside one run failed %q", got)
	}
	refused(start("a2", "a"), `workflow type "a" has reached its quota open_runs of 3`)
	w.do(&PauseRun{Run: RunRef{WorkflowID: "a1"}})
	w.do(&ResumeRun{Run: RunRef{WorkflowID: "a1"}})
	w.turn("a1", &history.WorkflowContinuedAsNew{}) // takes the place of another
	refused(start("a2", "a"), `workflow type "a" has reached its quota open_runs of 3`)
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "a1"}})
	w.start("a2", "a")
	refused(&ReopenRun{Run: RunRef{WorkflowID: "a1"}, Events: w.latest("a1").Events}, `workflow type "a" has reached its quota open_runs of 3`)

	quota("a", 0, 0)
	quota("", 5, 0)
	w.start("b2", "b")
	refused(start("b3", "b"), "the namespace has reached its quota open_runs of 5")
	w.checkReplays()
	quota("", 0, 1)
	w.do(&PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "a", Every: 1e9, Next: w.now.Add(1e9)}})
	w.turn("a2", kids("a2", "b", 1)...) // depth 1
	w.turn("a2.0", kids("deep", "b", 1)...)
	w.turn("a2.0", &history.WorkflowContinuedAsNew{})
	w.turn("a2.0", kids("deep", "b", 1)...) // as deep as the run that it goes on from
	if got := failures("a2.0"); len(got) != 1 || got[0] != "too_deep: the namespace has reached its quota depth of 1" {
		t.Errorf("a grandchild: %q", got)
	}
	w.refused(&SetRunQuota{Quota: rows.RunQuota{Name: "!acme!", OpenRuns: 1}}, "invalid_input")
	w.view(func(v View) {
		if list := v.RunQuotas(); len(list) != 1 || list[0] != (rows.RunQuota{Depth: 1}) {
			t.Errorf("quotas: %+v", list)
		}
	})
	w.checkReplays()
}

// TestRunQuotasByLevel: a state below level 5 knows none.
func TestRunQuotasByLevel(t *testing.T) {
	w := worldAt(t, 4)
	w.refused(&SetRunQuota{Quota: rows.RunQuota{Name: "a", OpenRuns: 1}}, (&Fenced{}).Code())
}
