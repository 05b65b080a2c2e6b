package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// workflow deploys code as type "w" (and others) and starts it.
func workflow(t *testing.T, n *enginetest.Node, code string, others ...enginetest.Code) fsm.RunRef {
	t.Helper()
	all := enginetest.Code{"w": code}
	for _, o := range others {
		for typ, c := range o {
			all[typ] = c
		}
	}
	n.Deploy(enginetest.Pack(t, all))
	return n.Begin("w", `{"n":1}`)
}

func TestTimersFireInTimeAndNeverEarly(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		began := time.Now()
		ref := workflow(t, n, `
def run(ctx, input):
    a = ctx.start_timer("3h")
    b = ctx.start_timer("1h")
    i, _ = ctx.race([a, b])
    ctx.sleep("30m")
    ctx.sleep("0s")
    return i
`)
		equal(t, "outcome", n.Outcome(ref), "completed 1")
		if took := time.Since(began); took < 90*time.Minute || took > 90*time.Minute+time.Second {
			t.Errorf("took %s", took)
		}
		due := map[uint64]history.Time{}
		for _, e := range n.Events(ref) {
			switch d := e.Data.(type) {
			case *history.TimerStarted:
				due[d.ID] = d.FireAt
			case *history.TimerFired:
				if e.At < due[d.ID] {
					t.Errorf("timer %d fired at %s, due at %s", d.ID, e.At, due[d.ID])
				}
			}
		}
	})
}

// The times of these tests are hours, not days: Pebble checks for compactions ten times a second,
// even in a bubble's time.
const approval = `
def run(ctx, input):
    ok = ctx.signal("approval", timeout = "2h")
    return "late" if ok == None else ok
`

func TestSignalAgainstTimeout(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  string
		types string
	}{
		{time.Hour, `completed "yes"`, "WorkflowStarted TimerStarted SignalReceived TimerCancelled WorkflowCompleted"},
		{2*time.Hour - time.Nanosecond, `completed "yes"`, "WorkflowStarted TimerStarted SignalReceived TimerCancelled WorkflowCompleted"},
		{3 * time.Hour, `completed "late"`, "WorkflowStarted TimerStarted TimerFired WorkflowCompleted"},
	} {
		t.Run(c.after.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				ref := workflow(t, n, approval)
				time.AfterFunc(c.after, func() {
					n.Signal(background, engine.Call{}, ref, "approval", history.Payload(`"yes"`))
				})
				equal(t, "outcome", n.Outcome(ref), c.want)
				equal(t, "events", n.Types(ref), c.types)
				_, _, err := n.Signal(background, engine.Call{}, ref, "approval", nil)
				refused(t, err, "not_running")
			})
		})
	}
}

func TestChildrenAndTheirFailures(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `
def run(ctx, input):
    good = ctx.start_child("double", 21)
    bad = ctx.start_child("broken", None)
    lost = ctx.try_child("nobody", None)
    fine, wrong = ctx.settled([good, bad])
    return [fine.value, wrong.ok, wrong.error.message, lost.error.kind]
`, enginetest.Code{
			"double": "def run(ctx, input):\n    ctx.sleep(\"1m\")\n    return input * 2\n",
			"broken": "def run(ctx, input):\n    fail(\"no luck\")\n",
		})
		out := n.Outcome(ref)
		if !strings.HasPrefix(out, `completed [42,false,"`) || !strings.Contains(out, "no luck") || !strings.HasSuffix(out, `"unknown_workflow_type"]`) {
			t.Errorf("got %s", out)
		}
	})
}

func TestParentClosePolicies(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `
def run(ctx, input):
    for policy in ["terminate", "cancel", "abandon"]:
        ctx.start_child("wait", None, id = "child-" + policy, on_parent_close = policy)
    ctx.sleep("1s")
    return "bye"
`, enginetest.Code{"wait": "def run(ctx, input):\n    ctx.sleep(\"1h\")\n    return \"slept\"\n"})
		equal(t, "parent", n.Outcome(ref), `completed "bye"`)
		for id, want := range map[string]string{"child-terminate": "terminated", "child-cancel": "cancelled", "child-abandon": `completed "slept"`} {
			if got := n.Outcome(fsm.RunRef{WorkflowID: id}); !strings.HasPrefix(got, want) {
				t.Errorf("%s: got %s, want %s", id, got, want)
			}
		}
	})
}

func TestContinueAsNewCarriesSignals(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    ctx.signal("start")
    seen = input + [ctx.signal("item")]
    if len(seen) == 3:
        return [ctx.info.attempt, seen]
    ctx.signal_workflow(ctx.info.workflow_id, "start", None)
    ctx.continue_as_new(seen)
`}))
		first := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "sub", Input: history.Payload("[]")})
		for _, item := range []string{"1", "2", "3"} {
			n.Send(first, "item", item)
		}
		n.Send(first, "start", "")
		latest := fsm.RunRef{WorkflowID: "sub"}
		equal(t, "the chain", n.Outcome(latest), "completed [3,[1,2,3]]")
		equal(t, "the first run", n.Outcome(first), "continued_as_new")
		if n.Row(latest).RunID == first.RunID {
			t.Error("the latest run is the first one")
		}
	})
}

func TestCancellationLetsCodeCompensate(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `
def run(ctx, input):
    out = ctx.start_timer("1h").outcome()
    if not out.ok and ctx.cancelled():
        ctx.child("refund", None)
        return out.error.kind
    return "slept"
`, enginetest.Code{"refund": "def run(ctx, input):\n    ctx.sleep(\"1m\")\n"})
		_, _, err := n.Cancel(background, engine.Call{}, ref, "changed my mind")
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), `completed "cancelled"`)

		through := n.BeginWith(engine.StartRequest{Type: "refund"})
		n.Cancel(background, engine.Call{}, through, "now")
		equal(t, "let through", n.Outcome(through), "cancelled cancelled: now")
	})
}

func TestTerminateClosesAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, approval)
		if _, _, err := n.Terminate(background, engine.Call{}, ref, "enough"); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), "terminated terminated: enough")
		_, _, err := n.Terminate(background, engine.Call{}, ref, "")
		refused(t, err, "not_running")
		_, _, err = n.Terminate(background, engine.Call{}, ref, strings.Repeat("x", engine.MaxMessage+1))
		refused(t, err, "invalid_input")
	})
}

func TestAPausedRunTakesNoTurns(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, "def run(ctx, input):\n    ctx.sleep(\"1m\")\n    return ctx.signal(\"go\")\n")
		synctest.Wait()
		if _, _, err := n.Pause(background, engine.Call{}, ref, "lunch"); err != nil {
			t.Fatal(err)
		}
		n.Send(ref, "go", "1")
		time.Sleep(time.Hour)
		row := n.Row(ref)
		equal(t, "status", row.Status, history.StatusPaused)
		equal(t, "turns", row.Turns, 1)
		n.Restart()
		time.Sleep(time.Hour)
		equal(t, "turns", n.Row(ref).Turns, 1)
		if _, _, err := n.Resume(background, engine.Call{}, ref); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), "completed 1")
		_, _, err := n.Resume(background, engine.Call{}, ref)
		refused(t, err, "not_running")
	})
}

func TestTheWholeRunsTime(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": approval}, enginetest.Timeout("w", "1h")))
		ref := n.Begin("w", "")
		short := n.BeginWith(engine.StartRequest{Type: "w", Timeout: time.Minute})
		equal(t, "short", n.Outcome(short), "timed_out timed_out: the run took longer than 1m0s")
		equal(t, "member's", n.Outcome(ref), "timed_out timed_out: the run took longer than 1h0m0s")
	})
}

func TestRunsThatMisbehaveFailAlone(t *testing.T) {
	for name, body := range map[string]string{
		"endless loop":    "while True:\n        pass",
		"huge string":     "x = \"a\" * (1 << 33)",
		"huge list":       "x = [0] * (1 << 33)",
		"doubling string": "x = \"ab\"\n    while True:\n        x = x + x",
		"doubling list":   "x = [1]\n    while True:\n        x += x",
		"huge number":     "x = 7\n    while True:\n        x = x * x",
		"contains itself": "x = []\n    x.append(x)\n    return x",
		"deep value":      "x = []\n    for i in range(1000000):\n        x = [x]\n    return x",
		"many timers":     "for i in range(1000000):\n        ctx.start_timer(\"1h\")",
		"huge result":     "return \"a\" * (3 << 20)",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				ref := workflow(t, n, "def run(ctx, input):\n    "+body+"\n", enginetest.Code{"good": echo})
				if got := n.Await(ref); got.Status != history.StatusFailed {
					t.Errorf("got %s", enginetest.Tell(got))
				}
				equal(t, "good", n.Outcome(n.Begin("good", "1")), "completed 1")
			})
		})
	}
}

func TestDescribeTellsWhatARunWaitsFor(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, "def run(ctx, input):\n    ctx.set_attributes({\"stage\": \"waiting\"})\n    ctx.signal(\"go\")\n")
		synctest.Wait()
		row := n.Row(fsm.RunRef{WorkflowID: ref.WorkflowID})
		equal(t, "waits", len(row.Waiting), 1)
		equal(t, "kind", row.Waiting[0].Kind, "signal")
		equal(t, "attribute", string(row.Attributes["stage"]), `"waiting"`)
		_, err := n.Describe(background, engine.Read{}, fsm.RunRef{WorkflowID: "nobody"}, 0)
		refused(t, err, "not_found")
		_, err = n.Describe(background, engine.Read{}, fsm.RunRef{WorkflowID: "other", RunID: ref.RunID}, 0)
		refused(t, err, "not_found")
	})
}

// A caller that waits for a workflow id gets the end of its chain at once, even if runs of the
// chain end while the wait begins.
func TestResultOfAChainThatIsFast(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    if input > 0:\n        ctx.continue_as_new(input - 1)\n    return \"over\"\n"}))
		began := time.Now()
		for i := range 20 {
			ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("chain-", i), Input: history.Payload(`3`)})
			equal(t, "outcome", n.Outcome(fsm.RunRef{WorkflowID: ref.WorkflowID}), `completed "over"`)
		}
		equal(t, "waited", time.Since(began), 0)
	})
}
