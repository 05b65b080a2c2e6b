package engine_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

func TestEachResultStandsForItself(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return len(ctx.all([ctx.start_activity("x", i) for i in range(12)]))`, "x"))
		ref := n.Begin("w", "")
		synctest.Wait()
		tasks := poll(t, n, 0, 100, "x")
		equal(t, "tasks", len(tasks), 12)
		big := history.Payload(`"` + strings.Repeat("x", 1<<20) + `"`)
		results := []engine.TaskResult{
			{Token: "nonsense", Output: big},
			{Token: tasks[0].Token, Output: history.Payload("{")},
			{Token: tasks[0].Token, Output: history.Payload(strings.Repeat(" ", 3<<20))},
			{Token: tasks[0].Token + "A"},
			{Token: ""},
		}
		for _, task := range tasks { // more than one command carries
			results = append(results, engine.TaskResult{Token: task.Token, Output: big})
		}
		results = append(results, engine.TaskResult{Token: tasks[3].Token})
		call := engine.Call{Request: &fsm.Request{ID: "complete-1"}}
		for _, again := range []bool{false, true} {
			replies, a, err := n.CompleteTasks(background, call, results)
			if err != nil || a.Index == 0 || a.Deduplicated != again {
				t.Fatalf("got %+v, %v", a, err)
			}
			for i, r := range replies {
				want := ""
				switch {
				case i < 5:
					want = "invalid_input"
				case i == len(replies)-1:
					want = "lease_lost"
				}
				if code := enginetest.CodeOf(r.Err); code != want {
					t.Errorf("result %d: %v, want code %q", i, r.Err, want)
				}
			}
		}
		equal(t, "status", n.Await(ref).Status, history.StatusCompleted)
		for _, results := range [][]engine.TaskResult{nil, make([]engine.TaskResult, 1001)} {
			_, _, err := n.CompleteTasks(background, engine.Call{}, results)
			refused(t, err, "invalid_input")
		}
		_, a, err := n.FailTasks(background, engine.Call{}, make([]engine.TaskResult, 3))
		if err != nil || a.Index == 0 {
			t.Errorf("got %+v, %v", a, err)
		}
	})
}

// If only a part of the results was recorded, the caller must not conclude that nothing happened.
func TestResultsRecordedInPart(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return len(ctx.all([ctx.start_activity("x", i) for i in range(8)]))`, "x"))
		ref := n.Begin("w", "")
		synctest.Wait()
		var results []engine.TaskResult
		for _, task := range poll(t, n, 0, 100, "x") {
			results = append(results, engine.TaskResult{Token: task.Token, Output: history.Payload(`"` + strings.Repeat("x", 1<<20) + `"`)})
		}
		var parts atomic.Int64
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.CompleteTasks); ok && parts.Add(1) == 2 {
				return enginetest.NotLeader
			}
			return enginetest.None
		})
		call := engine.Call{Request: &fsm.Request{ID: "complete-1"}}
		_, _, err := n.CompleteTasks(background, call, results)
		refused(t, err, "outcome_unknown")
		replies, _, err := n.CompleteTasks(background, call, results)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range replies {
			if r.Err != nil {
				t.Errorf("result %d: %v", i, r.Err)
			}
		}
		equal(t, "outcome", n.Outcome(ref), "completed 8")
	})
}

func TestWhatWorkersSayIsChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		ref := n.Begin("w", "")
		task := poll(t, n, time.Minute, 1, "x")[0]
		long := strings.Repeat("é", 10_000)
		for _, failure := range []history.RunError{{Kind: long}, {Kind: "\xff"}, {Details: history.Payload("nope")}, {Details: history.Payload(strings.Repeat("1", 70_000))}} {
			equal(t, "failure", fail(t, n, task, failure), "invalid_input")
		}
		equal(t, "details", enginetest.CodeOf(beat(t, n, task, "nope").Err), "invalid_input")
		equal(t, "details", enginetest.CodeOf(beat(t, n, task, strings.Repeat("1", 70_000)).Err), "invalid_input")
		equal(t, "failure", fail(t, n, task, history.RunError{Message: long + "\xff", Details: history.Payload(`{"at":1}`)}), "")
		res := n.Await(ref)
		if e := res.Error; e == nil || e.Kind != history.KindFailed || len(e.Message) > engine.MaxFailure || !strings.HasPrefix(e.Message, "éé") || string(e.Details) != `{"at":1}` {
			t.Errorf("got %+v", e)
		}
		for field, r := range map[string]engine.PollRequest{
			"queue":      {Worker: "w", Activities: []string{"x"}},
			"worker_id":  {Queue: "q", Activities: []string{"x"}, Worker: long},
			"activities": {Queue: "q", Worker: "w"},
			"max_tasks":  {Queue: "q", Worker: "w", Activities: []string{"x"}, Max: 1001},
			"lease":      {Queue: "q", Worker: "w", Activities: []string{"x"}, Lease: time.Millisecond},
		} {
			_, _, err := n.Poll(background, r, 0)
			if refused(t, err, "invalid_input"); !strings.Contains(err.Error(), field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		for _, r := range []engine.PollRequest{
			{Queue: "q", Worker: "w", Activities: []string{"x", ""}}, {Queue: "q", Worker: "w", Activities: make([]string, 1001)},
			{Queue: "q", Worker: "w", Activities: []string{"x"}, Max: -1}, {Queue: "q", Worker: "w", Activities: []string{"x"}, Lease: 48 * time.Hour},
			{Queue: "q\xff", Worker: "w", Activities: []string{"x"}},
		} {
			_, _, err := n.Poll(background, r, 0)
			refused(t, err, "invalid_input")
		}
		_, _, err := n.Poll(background, engine.PollRequest{Queue: "q", Worker: "w", Activities: []string{"x"}}, time.Hour)
		refused(t, err, "invalid_input")
	})
}
