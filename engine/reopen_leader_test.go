package engine_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// mending runs a workflow that fails, is reopened, waits for what it had started, and completes. It
// returns how the run ended and how many proposals that took. Leadership is lost at proposal number
// loseAt (0 = never), with fault as that proposal's outcome.
func mending(t *testing.T, loseAt int, fault enginetest.Fault) (story string, proposals int) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t)
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    kid = ctx.start_child("kid", 1)
    late = ctx.start_timer("1m")
    a = ctx.activity("charge", 1)
    b = ctx.activity("ship", 2)
    late.result()
    return [a > 0, b > 0, kid.result() > 0]
`, "kid": "def run(ctx, input):\n    ctx.sleep(\"2m\")\n    return ctx.activity(\"charge\", 3)\n"}, enginetest.Activities("charge", "ship"))
		n.Deploy(archive)
		steps := works(n, "charge", "ship")
		steps["ship"].broken.Store(1)
		var count atomic.Int64
		var deposed atomic.Bool
		lost := make(chan struct{}, 1)
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			switch c.(type) {
			case *fsm.RecordTurn, *fsm.FireTimers, *fsm.LeaseTasks, *fsm.CompleteTasks, *fsm.FailTasks, *fsm.ReopenRun:
			default:
				return enginetest.None
			}
			if deposed.Load() {
				return enginetest.NotLeader
			}
			if int(count.Add(1)) != loseAt {
				return enginetest.None
			}
			deposed.Store(true)
			lost <- struct{}{}
			return fault
		})
		go func() {
			for range lost {
				n.Depose()
				deposed.Store(false)
				n.Elect()
			}
		}()
		defer close(lost)
		ref := fsm.RunRef{WorkflowID: "w"}
		for { // its first turn travels with it
			_, _, err := n.Start(background, engine.StartRequest{Call: engine.Call{Request: &fsm.Request{ID: "start"}}, Type: "w", WorkflowID: "w"})
			if err == nil {
				break
			}
			time.Sleep(time.Second)
		}
		if got := n.Outcome(ref); !strings.Contains(got, "it broke") {
			t.Fatal(got)
		}
		steps["ship"].broken.Store(0)
		call := engine.Call{Request: &fsm.Request{ID: "again", Print: catalog.Digest{1}}}
		for {
			if _, _, err := n.Reopen(background, call, ref, "again"); err == nil {
				break
			}
			time.Sleep(time.Second)
		}
		ends := map[uint64]int{}
		story = n.Outcome(ref)
		for _, e := range n.Events(ref) {
			switch d := e.Data.(type) {
			case *history.ActivityCompleted:
				ends[d.ID]++
			case *history.TimerFired:
				ends[d.ID]++
			case *history.ChildWorkflowCompleted:
				ends[d.ID]++
			}
		}
		story += fmt.Sprintf(" %v, reopened %d times", ends, len(n.Row(ref).Reopened))
		proposals = int(count.Load())
		replays(t, n, archive, ref)
	})
	return story, proposals
}

// However leaders change, a run is reopened once and ends the same, with each outcome in its
// history once.
func TestReopenThroughLeaderChanges(t *testing.T) {
	want, proposals := mending(t, 0, enginetest.None)
	if want != "completed [true,true,true] map[1:1 2:1 3:1 4:1], reopened 1 times" {
		t.Fatal(want)
	}
	for _, fault := range []enginetest.Fault{enginetest.UnknownDone, enginetest.UnknownLost} {
		for at := 1; at <= proposals; at++ {
			if got, _ := mending(t, at, fault); got != want {
				t.Fatalf("leader lost at proposal %d (fault %d): %s, want %s", at, fault, got, want)
			}
		}
	}
}
