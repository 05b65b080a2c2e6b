package fsm

import (
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestAttemptAfterOneThatWasLetGo: a worker lets go of an attempt, whose outcome never comes. The
// next attempt is in the hands of its worker, who hears that the run is over. Entries of earlier
// levels do what they always did.
func TestAttemptAfterOneThatWasLetGo(t *testing.T) {
	for level, hears := range map[uint64]bool{6: false, 7: true} {
		w := worldAt(t, level)
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		w.start("w", "order")
		w.turn("w", &history.ActivityScheduled{ID: 1, Activity: "a", Queue: "default", Heartbeat: 1e9})
		first := w.lease(1)[0].Token
		w.do(&DeferTasks{Tokens: []TaskToken{first}})
		w.now = w.now.Add(2 * time.Second)
		w.do(&FireTimers{Timers: w.due()})
		second := w.lease(1)[0].Token
		if second.Attempt != 2 {
			t.Fatalf("level %d: attempt %d follows", level, second.Attempt)
		}
		w.do(&TerminateRun{Run: RunRef{WorkflowID: "w"}})
		var left []rows.Task
		w.view(func(v View) { left = v.Tasks(first.RunID, 0, 10) })
		if hears != (len(left) == 1 && left[0].State == rows.TaskGivenUp) {
			t.Errorf("level %d: left are %+v", level, left)
		}
		if a := w.do(&BeatTasks{Beats: []TaskBeat{{Token: second}}}).(*TaskAnswer); a.Replies[0].Cancel != hears {
			t.Errorf("level %d: the worker hears %+v", level, a.Replies[0])
		}
		w.checkReplays()
	}
}
