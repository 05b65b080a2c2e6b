package fsm

import "testing"

// TestReopenedTooOften: the row of a run names every reopening, so there is an end to them.
func TestReopenedTooOften(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run, ref := w.start("a", "order"), RunRef{WorkflowID: "a"}
	w.s.cfg.Paranoid = false // it would read a thousand times what grows a thousand times
	for n := range uint64(maxReopened) {
		w.do(&TerminateRun{Run: ref})
		w.do(&ReopenRun{Run: ref, Events: 2 + 2*n})
	}
	w.do(&TerminateRun{Run: ref})
	w.refused(&ReopenRun{Run: ref, Events: 2 + 2*maxReopened}, "resource_exhausted")
	if got := len(w.latest("a").Reopened); got != maxReopened {
		t.Errorf("%s was reopened %d times", run, got)
	}
	w.checkReplays()
}
