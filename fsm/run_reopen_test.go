package fsm

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestReopenedTooOften: the row of a run names every reopening, so there is an end to them.
func TestReopenedTooOften(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	run, ref := w.start("a", "order"), RunRef{WorkflowID: "a"}
	w.s.cfg.Check = nil // it would read a thousand times what grows a thousand times
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

// TestReopenProperty lets families of runs close in all ways and reopens them again and again. What
// is taken up is compared with the histories after every entry.
func TestReopenProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		g := &gambler{w: w, t: rt, types: []string{"order", "refund"}, versions: []string{"v1"}, ids: []string{"a", "b"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		w.start("a", "order")
		w.start("b", "refund")
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
			switch rapid.IntRange(0, 9).Draw(rt, "command") {
			case 0:
				c = &TerminateRun{Run: ref}
			case 1:
				c = &CancelRun{Run: ref}
			case 2:
				fire := new(FireTimers)
				w.view(func(v View) { fire.Timers = v.DueTimers(w.now, 5) })
				c = fire
			case 3, 4, 5:
				c = g.reopen(ref)
			default:
				c = g.turn(ref.WorkflowID)
			}
			w.propose(Envelope{Command: c})
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}
