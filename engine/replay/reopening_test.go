package replay_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/fsm/history"
)

func failed(id uint64) history.Data {
	return &history.ActivityFailed{ID: id, Error: history.RunError{Kind: "broken", Message: "m"}}
}

func done(id uint64, result string) history.Data {
	return &history.ActivityCompleted{ID: id, Result: history.Payload(result)}
}

// reopen reopens a run and describes what starts again.
func reopen(w *runtimetest.World) string {
	r := w.Reopen()
	d := w.Events[len(w.Events)-1].Data.(*history.WorkflowReopened)
	again := make([]string, len(r.Again))
	for i, b := range r.Again {
		if again[i] = fmt.Sprintf("{%d %d}", b.ID, b.Seq); b.Asked {
			again[i] += " asked"
		}
	}
	text := fmt.Sprintf("turn %d forget %v again %v", d.Turn, d.Forget, again)
	if d.ForgetCancel {
		text += " without the request to cancel"
	}
	return text
}

func wants(t *testing.T, what, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Fatalf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// The failed step runs again; the completed one does not.
func TestReopenAfterAFailedStep(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    a = ctx.activity("charge", 1)
    b = ctx.activity("charge", 2)
    return [a, b]
`, "null")
	w.Turn()
	w.Turn(done(1, `"one"`))
	step := w.Turn(&history.ActivityStarted{ID: 2, Attempt: 1}, failed(2))
	if !step.Closes {
		t.Fatal("the run goes on")
	}
	wants(t, "reopened", reopen(w), "turn 3 forget [2] again [{2 4}]")
	step = w.Turn()
	wants(t, "after reopening", runtimetest.Show(t, step.Asked), "")
	if step.N != 4 {
		t.Errorf("the next turn is %d", step.N)
	}
	step = w.Turn(done(2, `"two"`))
	wants(t, "the end", runtimetest.Show(t, step.Asked), `WorkflowCompleted {"result":["one","two"]}`)
}

// What code has not looked at may be forgotten, whenever it arrived; what it has acted on stays.
func TestWhatCodeHasActedOn(t *testing.T) {
	for name, c := range map[string]struct {
		code string
		want string // for a run whose activities 1 and 2 failed in a turn before the one that failed the run
	}{
		"not looked at":   {`pass`, "turn 3 forget [1 2] again [{1 2} {2 3} {3 4}]"},
		"result awaited":  {`ctx.settled([a]); ctx.signal("x")`, "turn 3 forget [2] again [{2 3} {3 4}]"},
		"done":            {`ctx.signal("tick"); a.done`, "turn 3 forget [2] again [{2 3} {3 4}]"},
		"cancelled late":  {`ctx.signal("tick"); a.cancel()`, "turn 3 forget [2] again [{2 3} {3 4}]"},
		"all of them":     {`ctx.settled([a, b])`, "turn 3 forget [] again [{3 4}]"},
		"lost a race":     {`ctx.race([b, ctx.start_signal("tick")])`, "turn 3 forget [1] again [{1 2} {3 4}]"},
		"settled in part": {`ctx.settled([a, b, ctx.start_timer("1h")])`, "turn 3 forget [1 2] again [{1 2} {2 3} {3 4} {4 5}]"},
	} {
		t.Run(name, func(t *testing.T) {
			w := run(t, `
def run(ctx, input):
    a = ctx.start_activity("charge", 1)
    b = ctx.start_activity("charge", 2)
    timer = ctx.start_timer("1m")
    `+c.code+`
    ctx.signal("go")
    fail("on purpose")
`, "null")
			w.Turn()
			w.Turn(&history.SignalReceived{Name: "tick"}, failed(1), failed(2))
			w.Append(&history.SignalReceived{Name: "x"}, &history.SignalReceived{Name: "go"})
			if name == "settled in part" {
				w.Append(&history.TimerFired{ID: 4})
				c.want = "turn 3 forget [1 2] again [{1 2} {2 3} {3 4}]"
			}
			if step := w.Turn(); !step.Closes {
				t.Fatal("the run goes on")
			}
			wants(t, "reopened", reopen(w), c.want)
			w.Turn()
		})
	}
}

// A request to cancel that closed the run is forgotten. Waits go on as if it had never come, and
// another request is delivered.
func TestReopenAfterCancel(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    t = ctx.start_timer("1h")
    got = ctx.signal("go", timeout = "2h")
    return [got, ctx.cancelled(), t.result()]
`, "null")
	w.Turn()
	step := w.Turn(&history.CancelRequested{Reason: "no"})
	if got := runtimetest.Show(t, step.Asked); !strings.Contains(got, "WorkflowCancelled") {
		t.Fatal(got)
	}
	wants(t, "reopened", reopen(w), "turn 2 forget [] again [{1 2} {2 3}]")
	step = w.Turn(&history.SignalReceived{Name: "go", Payload: history.Payload("1")})
	wants(t, "after reopening", runtimetest.Show(t, step.Asked), `TimerCancelled {"id":2}`)
	w.Resume(1, 2)
	step = w.Turn(&history.CancelRequested{Reason: "yes"})
	if got := runtimetest.Show(t, step.Asked); !strings.Contains(got, "WorkflowCancelled {\"reason\":\"yes\"}") {
		t.Fatal(got)
	}
	wants(t, "reopened again", reopen(w), "turn 4 forget [] again [{1 2}]")
	step = w.Turn(&history.TimerFired{ID: 1})
	wants(t, "the end", runtimetest.Show(t, step.Asked), `WorkflowCompleted {"result":[1,false,null]}`)
}

// A cancellation ends the pending waits, so code knows that the other waits had ended: open ones
// would have been given up too.
func TestReopenAfterACancellationWasDelivered(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    a = ctx.start_activity("charge", 1)
    b = ctx.start_activity("charge", 2)
    ctx.start_timer("1h").outcome()
    b.result()
`, "null")
	w.Turn()
	w.Turn(failed(1))
	w.Turn(&history.CancelRequested{})
	wants(t, "reopened", reopen(w), "turn 3 forget [1] again [{1 2} {2 3} {3 4}]")
	w = run(t, `
def run(ctx, input):
    a = ctx.start_activity("charge", 1)
    ctx.start_timer("1h").outcome()
    ctx.signal("go")
    a.result()
`, "null")
	w.Turn()
	w.Turn(failed(1))
	w.Turn(&history.CancelRequested{})
	w.Turn(&history.SignalReceived{Name: "go"})
	wants(t, "reopened later", reopen(w), "turn 4 forget [] again []")
}

// A request that code had seen before the turn that closed the run stays seen.
func TestReopenDuringCompensation(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    out = ctx.start_timer("1h").outcome()
    ctx.activity("charge", out.error.kind)
    return ctx.cancelled()
`, "null")
	w.Turn()
	w.Turn(&history.CancelRequested{})
	w.Turn(failed(2))
	wants(t, "reopened", reopen(w), "turn 3 forget [2] again [{2 5}]")
	step := w.Turn(done(2, "1"))
	wants(t, "the end", runtimetest.Show(t, step.Asked), `WorkflowCompleted {"result":true}`)
}

// A run closed from outside has no void turn; what code did not act on is still forgotten.
func TestReopenAfterTerminate(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    a = ctx.start_activity("charge", 1)
    c = ctx.start_child("kid", 2)
    ctx.sleep("1h")
    return [a.result(), c.result()]
`, "null")
	w.Turn()
	w.Turn(failed(1))
	w.Append(&history.ChildWorkflowCancelled{ID: 2}, &history.CancelRequested{}, &history.TimerFired{ID: 3}, &history.WorkflowTerminated{})
	wants(t, "reopened", reopen(w), "turn 0 forget [1 2] again [{1 2} {2 3}]")
	// The state machine starts the child again and appends an event for it.
	w.Append(&history.ChildWorkflowStarted{ID: 2, WorkflowID: "w:2", WorkflowType: "kid", Input: history.Payload("2")})
	w.Turn()
	w.Append(&history.WorkflowTerminated{})
	wants(t, "reopened again", reopen(w), "turn 0 forget [] again [{1 2} {2 11}]")
	w.Turn(done(1, `"a"`))
	step := w.Turn(&history.ChildWorkflowCompleted{ID: 2, Result: history.Payload(`"c"`)})
	wants(t, "the end", runtimetest.Show(t, step.Asked), `WorkflowCompleted {"result":["a","c"]}`)
}

// Code that fails by itself fails again at the same place, each time in a turn of its own.
func TestReopenOfAPlainFailure(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    x = ctx.random()
    ctx.sleep("1s")
    ctx.start_child("kid", x)
    fail("always")
`, "null")
	w.Turn()
	first := runtimetest.Show(t, w.Turn(&history.TimerFired{ID: 1}).Asked)
	for n := uint64(2); n < 5; n++ {
		wants(t, "reopened", reopen(w), fmt.Sprintf("turn %d forget [] again []", n))
		wants(t, "again", runtimetest.Show(t, w.Turn().Asked), first)
	}
	if got := len(w.Turns); got != 5 {
		t.Errorf("%d turns are recorded", got)
	}
}

// A run that is reopened before its first turn that counts starts over, with the same random
// numbers.
func TestReopenBeforeTheFirstTurn(t *testing.T) {
	w := run(t, "def run(ctx, input):\n    return ctx.signal(\"a\") if ctx.random() < 2 and input else fail(\"first\")\n", "true")
	w.Append(&history.WorkflowTerminated{})
	wants(t, "reopened", reopen(w), "turn 0 forget [] again []")
	if step := w.Turn(); step.N != 1 || step.Through != 3 {
		t.Errorf("turn %d through %d", step.N, step.Through)
	}
	w = run(t, "def run(ctx, input):\n    fail(\"first\")\n", "true")
	w.Turn()
	wants(t, "reopened", reopen(w), "turn 1 forget [] again []")
	if step := w.Turn(); step.N != 2 || !step.Closes {
		t.Errorf("turn %d is %+v", step.N, step)
	}
}

// Queries answer as of the run's state: after a reopening, as before the turn that closed it.
func TestQueryOfAReopenedRun(t *testing.T) {
	w := run(t, `
def run(ctx, input):
    stage = ["charging"]
    ctx.on_query("stage", lambda: stage[0])
    a = ctx.start_activity("charge", 1)
    stage[0] = a.outcome().ok
    if not stage[0]:
        fail("no")
`, "null")
	w.Turn()
	w.Turn(failed(1))
	for _, want := range []string{"false", `"charging"`} {
		if got, err := w.Query("stage", ""); err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
		if want == "false" {
			reopen(w)
		}
	}
}

// A machine that does not know of a reopening is useless after it.
func TestMachineThatKnowsNothing(t *testing.T) {
	ctx := context.Background()
	w := run(t, "def run(ctx, input):\n    ctx.signal(\"a\")\n", "null")
	w.Turn()
	old := w.Rebuild()
	defer old.Close()
	w.Append(&history.WorkflowTerminated{})
	w.Reopen()
	if old.Reopenings() != 0 || w.Machine.Reopenings() != 1 {
		t.Errorf("reopenings are %d and %d", old.Reopenings(), w.Machine.Reopenings())
	}
	if _, err := old.Next(ctx, w.Events[old.Seen():]); err == nil || !strings.Contains(err.Error(), "made without knowing") {
		t.Errorf("got %v", err)
	}
	if _, err := old.Reopening(nil); err == nil {
		t.Error("a broken machine says what to take up")
	}
	for name, events := range map[string][]history.Event{
		"another event": {{Seq: 2, Data: &history.TimerFired{ID: 1}}},
		"no order":      {{Seq: 5, Data: &history.WorkflowReopened{}}, {Seq: 5, Data: &history.WorkflowReopened{}}},
		"too early":     {{Seq: 1, Data: &history.WorkflowReopened{}}},
	} {
		if m, err := replay.New(w.Config, w.Events[0], events...); err == nil {
			m.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

// Whether a request to cancel, what became of the step that it was passed on to, and a signal come
// together or one by one, code does the same.
func TestCancellationsComeTogetherOrOneByOne(t *testing.T) {
	codes := map[string]string{
		"waits for both": `ctx.activity("charge"); ctx.signal("s"); ctx.activity("charge")`,
		"shielded":       `ctx.activity("charge", on_cancel = "ignore"); ctx.signal("s"); ctx.activity("charge")`,
		"abandoned":      `ctx.try_activity("charge", on_cancel = "abandon"); ctx.signal("s"); ctx.activity("charge")`,
		"asks":           `ctx.activity("charge"); ctx.cancelled(); ctx.signal("s"); ctx.activity("charge")`,
		"any":            `ctx.any([ctx.start_activity("charge"), ctx.start_signal("t")]); ctx.signal("s"); ctx.sleep("1h")`,
	}
	events := [][]history.Data{
		{&history.CancelRequested{}, done(1, "1"), &history.SignalReceived{Name: "s", Payload: history.Payload("1")}},
		{done(1, "1"), &history.CancelRequested{}, &history.SignalReceived{Name: "s", Payload: history.Payload("1")}},
		{&history.SignalReceived{Name: "s", Payload: history.Payload("1")}, &history.CancelRequested{}, done(1, "1")},
		{&history.CancelRequested{}, &history.SignalReceived{Name: "s", Payload: history.Payload("1")}, done(1, "1")},
		{&history.CancelRequested{}, failed(1), &history.SignalReceived{Name: "s", Payload: history.Payload("1")}},
	}
	for name, code := range codes {
		for i, all := range events {
			if name == "asks" && i == 1 { // what ctx.cancelled() says is a matter of turns
				continue
			}
			var want string
			for cuts := range 4 {
				w := run(t, "def run(ctx, input):\n    "+code+"\n", "null")
				got := runtimetest.Show(t, w.Turn().Asked)
				portion := []history.Data{}
				for n, d := range all {
					if portion = append(portion, d); n == len(all)-1 || cuts>>n&1 == 1 {
						step := w.Turn(portion...)
						got, portion = got+runtimetest.Show(t, step.Asked), nil
						if w.Resume(); step.Closes {
							break
						}
					}
				}
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s, order %d, cut as %02b:\n%s\ntogether:\n%s", name, i, cuts, got, want)
				}
			}
		}
	}
}

// Reopening a cancelled run takes the request back as long as code did not know of it, and all that
// it had done was to ask.
func TestReopenAfterAStepWasAskedToEnd(t *testing.T) {
	cancelled := &history.ActivityFailed{ID: 1, Error: history.RunError{Kind: history.KindCancelled, Message: "no worker took it"}}
	for name, c := range map[string]struct{ code, want, end string }{
		"in a step": {
			"    return [ctx.activity(\"charge\"), ctx.cancelled()]\n",
			"turn 3 forget [1] again [{1 2}] without the request to cancel", `WorkflowCompleted {"result":[7,false]}`,
		},
		"by code, too": {
			"    f = ctx.start_activity(\"charge\")\n    f.cancel()\n    return [f.result(), ctx.cancelled()]\n",
			"turn 3 forget [1] again [{1 2} asked] without the request to cancel", `WorkflowCompleted {"result":[7,false]}`,
		},
		"with a timer": { // that it has ended cannot be undone
			"    t = ctx.start_timer(\"1h\")\n    return [ctx.activity(\"charge\"), ctx.cancelled()]\n",
			"turn 3 forget [2] again [{2 3} asked]", `WorkflowCompleted {"result":[7,true]}`,
		},
	} {
		w := run(t, "def run(ctx, input):\n"+c.code, "null")
		w.Turn()
		w.Turn(&history.CancelRequested{})
		id := uint64(1)
		if name == "with a timer" {
			id = 2
		}
		again := *cancelled
		again.ID = id
		if step := w.Turn(&again); !step.Closes {
			t.Fatal("the run goes on")
		}
		wants(t, name+": reopened", reopen(w), c.want)
		w.Resume(1, 2)
		w.Turn()
		wants(t, name+": the end", runtimetest.Show(t, w.Turn(done(id, "7")).Asked), c.end)
	}
}
