package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/prometheus/client_golang/prometheus"
)

// keep sets the retention rule of a type.
func keep(t *testing.T, n *enginetest.Node, typ string, age time.Duration) {
	t.Helper()
	if _, err := n.SetRetention(background, engine.Call{}, typ, age); err != nil {
		t.Fatal(err)
	}
}

// kept counts all runs.
func kept(t *testing.T, n *enginetest.Node) (total uint64) {
	t.Helper()
	counts, _, err := n.Count(background, engine.Read{Stale: true}, fsm.RunFilter{}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts {
		total += c.Count
	}
	return total
}

// left waits until that many runs are left, for as long as a test may take.
func left(t *testing.T, n *enginetest.Node, want uint64) {
	t.Helper()
	for range 100_000 {
		if kept(t, n) == want {
			return
		}
		time.Sleep(10 * time.Millisecond) // of the bubble's time
	}
	t.Fatalf("%d runs are left, want %d", kept(t, n), want)
}

func TestRetention(t *testing.T) {
	figures := prometheus.NewRegistry()
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t, func(c *engine.Config) { c.Metrics = figures })
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo, "b": echo}))
		keep(t, n, "", time.Hour)
		keep(t, n, "b", 0)
		first, other := n.Begin("a", "1"), n.Begin("b", "2")
		n.Await(first)
		n.Await(other)
		closed := n.Row(first).ClosedAt.Std()
		for range 2 { // a new leader and one that has waited do the same
			time.Sleep(time.Until(closed.Add(time.Hour - time.Millisecond)))
			equal(t, "just before", n.Outcome(first), "completed 1")
			time.Sleep(100 * time.Millisecond)
			_, err := n.Describe(background, engine.Read{}, first, 0)
			refused(t, err, "not_found")
			_, err = n.Result(background, engine.Read{}, fsm.RunRef{WorkflowID: first.WorkflowID}, time.Minute)
			refused(t, err, "not_found")
			_, _, _, err = n.History(background, engine.Read{}, first, 1, 10, time.Minute)
			refused(t, err, "not_found")
			_, _, err = n.Query(background, engine.Read{}, first, "x", nil)
			refused(t, err, "not_found")
			equal(t, "the other type", n.Outcome(other), "completed 2")
			n.Depose()
			n.Elect()
			first = n.Begin("a", "1")
			n.Await(first)
			closed = n.Row(first).ClosedAt.Std()
		}
		// Changed rules take effect at once, in both directions.
		keep(t, n, "b", time.Second)
		time.Sleep(100 * time.Millisecond)
		_, err := n.Describe(background, engine.Read{}, other, 0)
		refused(t, err, "not_found")
		keep(t, n, "a", 0)
		time.Sleep(3 * time.Hour)
		equal(t, "kept for ever", n.Outcome(first), "completed 1")
		if _, err := n.RemoveRetention(background, engine.Call{}, "a"); err != nil {
			t.Fatal(err)
		}
		left(t, n, 0)
		rules, index, err := n.Retention(background, engine.Read{})
		if err != nil || index == 0 || fmt.Sprint(rules) != fmt.Sprint([]rows.Retention{{Age: history.Duration(time.Hour)}, {Type: "b", Age: history.Duration(time.Second)}}) {
			t.Errorf("rules are %v at %d, %v", rules, index, err)
		}
		n.Crash()
	})
	families, err := figures.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "aion_engine_runs_purged_total" && f.GetMetric()[0].GetCounter().GetValue() > 0 {
			return
		}
	}
	t.Error("no run was counted as deleted")
}

func TestRetentionRules(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		for _, c := range []struct {
			typ string
			age time.Duration
		}{{"a", -1}, {"a", time.Millisecond}, {"a", 1<<63 - 1}, {strings.Repeat("x", 1000), time.Hour}, {"\xff", time.Hour}} {
			_, err := n.SetRetention(background, engine.Call{}, c.typ, c.age)
			refused(t, err, "invalid_input")
		}
		_, err := n.RemoveRetention(background, engine.Call{}, strings.Repeat("x", 1000))
		refused(t, err, "invalid_input")
		call := engine.Call{Request: &fsm.Request{ID: "k", Print: catalog.Digest{1}}}
		one, err := n.SetRetention(background, call, "a", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		two, err := n.SetRetention(background, call, "a", time.Hour)
		if err != nil || two.Index != one.Index || !two.Deduplicated {
			t.Errorf("asked again it said %+v, %v", two, err)
		}
		n.Depose()
		_, err = n.SetRetention(background, engine.Call{}, "a", time.Hour)
		refused(t, err, "no_leader")
		if rules, _, err := n.Retention(background, engine.Read{Stale: true}); err != nil || len(rules) != 1 {
			t.Errorf("a node that does not lead knows %v, %v", rules, err)
		}
	})
}

// A backlog is deleted batch by batch, whatever happens to the leader and its answers, and callers
// come first.
func TestRetentionOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.NewFast(t)
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": echo}))
		const runs = 1200
		for i := range runs {
			n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: fmt.Sprint(i), Input: history.Payload("1")})
		}
		for i := range runs {
			n.Await(fsm.RunRef{WorkflowID: fmt.Sprint(i)})
		}
		batches := 0
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if c, ok := c.(*fsm.PurgeRuns); ok {
				if batches++; len(c.Runs) > 250 {
					t.Errorf("a batch of %d", len(c.Runs))
				}
				return []enginetest.Fault{enginetest.None, enginetest.UnknownDone, enginetest.UnknownLost, enginetest.NotLeader}[batches%4]
			}
			return enginetest.None
		})
		keep(t, n, "a", time.Second)
		for kept(t, n) > runs/2 {
			time.Sleep(time.Millisecond)
		}
		n.Depose()
		n.Elect()
		left(t, n, 0)
		n.Begin("a", "1")
		n.Crash()
		if err := audit.Check(n.State); err != nil {
			t.Error(err)
		}
	})
}

// A run whose worker still holds a task is not deleted yet, and nobody spins meanwhile.
func TestRetentionWaitsForWorkers(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": "def run(ctx, input):\n    ctx.activity(\"slow\", None)\n"}, enginetest.Activities("slow")))
		keep(t, n, "", time.Second)
		ref := n.Begin("a", "1")
		polled := make(chan struct{})
		n.Work("default", map[string]enginetest.Handler{"slow": func(ctx context.Context, task engine.WorkerTask) (string, error) {
			close(polled)
			time.Sleep(time.Minute)
			return "1", nil
		}})
		<-polled
		if _, _, err := n.Terminate(background, engine.Call{}, ref, ""); err != nil {
			t.Fatal(err)
		}
		entries := n.Log.Entries()
		time.Sleep(30 * time.Second)
		equal(t, "meanwhile", n.Row(ref).Status, history.StatusTerminated)
		if spun := n.Log.Entries() - entries; spun > 20 {
			t.Errorf("%d entries while nothing could be deleted", spun)
		}
		left(t, n, 0)
	})
}

// What other runs have recorded about a run outlives it.
func TestOthersOutliveARun(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"parent": `
def run(ctx, input):
    kid = ctx.start_child("kid", 0, id = "kid")
    lone = ctx.start_child("lone", None, id = "lone", on_parent_close = "abandon")
    ctx.on_query("kids", lambda: "two")
    out = kid.result()
    ctx.sleep("1m")
    return out
`, "kid": `
def run(ctx, input):
    ctx.sleep("10s")
    if input == 5:
        return "five"
    ctx.continue_as_new(input + 1)
`, "lone": "def run(ctx, input):\n    ctx.sleep(\"10m\")\n    return 1\n"}))
		keep(t, n, "kid", time.Second)
		keep(t, n, "parent", time.Second)
		ref := n.BeginWith(engine.StartRequest{Type: "parent", WorkflowID: "p"})
		time.Sleep(time.Second)
		first := n.Row(fsm.RunRef{WorkflowID: "kid"})
		// A caller that waits for a chain goes on waiting while runs of the chain are deleted.
		equal(t, "the chain", n.Outcome(fsm.RunRef{WorkflowID: "kid"}), `completed "five"`)
		_, err := n.Describe(background, engine.Read{}, fsm.RunRef{WorkflowID: "kid", RunID: first.RunID}, 0)
		refused(t, err, "not_found")
		time.Sleep(5 * time.Second)
		equal(t, "all runs of the chain are gone", kept(t, n), 2)
		n.Restart() // the parent is replayed after its child is deleted
		equal(t, "query", n.Ask(ref, "kids"), `"two"`)
		equal(t, "the parent", n.Outcome(ref), `completed "five"`)
		time.Sleep(5 * time.Second)
		_, err = n.Describe(background, engine.Read{}, ref, 0)
		refused(t, err, "not_found")
		lone := n.Row(fsm.RunRef{WorkflowID: "lone"})
		if lone.Parent == nil || lone.Parent.RunID != ref.RunID {
			t.Errorf("the child that was left alone names parent %+v", lone.Parent)
		}
		equal(t, "the child that was left alone", n.Outcome(fsm.RunRef{WorkflowID: "lone"}), "completed 1")
		events, _, err := n.Feed(background, fsm.FeedCursor{}, engine.MaxPage, 0)
		if err != nil {
			t.Fatal(err)
		}
		named, nameless := 0, 0
		for _, e := range events {
			if e.Name == "WorkflowClosed" && strings.Contains(string(e.Data), `"purged":true`) {
				nameless++
			} else if e.Name == "WorkflowClosed" && strings.Contains(string(e.Data), `"workflow_id":"lone"`) {
				named++
			}
		}
		equal(t, "events of runs that are gone", nameless, 7)
		equal(t, "events of the run that is not", named, 1)
	})
}

// A caller waits for a run that continues as new. If both runs are deleted before the caller looks
// again, it learns so.
func TestResultOfARunThatWasDeleted(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"a": "def run(ctx, input):\n    if input == 1:\n        ctx.continue_as_new(2)\n"}))
		keep(t, n, "a", time.Second)
		ref := n.BeginWith(engine.StartRequest{Type: "a", WorkflowID: "w", Input: history.Payload("1")})
		n.Await(fsm.RunRef{WorkflowID: "w"})
		res, err := n.Result(background, engine.Read{}, ref, 0)
		if err != nil || res.Status != history.StatusContinuedAsNew {
			t.Fatal(res, err)
		}
		left(t, n, 0)
		_, err = n.Result(background, engine.Read{}, ref, time.Second)
		if refused(t, err, "not_found"); !strings.Contains(err.Error(), ref.RunID.String()) {
			t.Errorf("%v does not name the run", err)
		}
	})
}
