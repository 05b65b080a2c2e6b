package engine_test

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const mailbox = `
def run(ctx, input):
    seen = []
    while len(seen) < 2:
        seen.append(ctx.signal("n"))
    return seen
`

// TestStartOptions: the run that a start is about has its signal; a delayed run begins by itself.
func TestStartOptions(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"box": mailbox}))
		start := func(call engine.Call, o engine.StartOptions) *fsm.StartAnswer {
			t.Helper()
			a, _, err := n.Start(background, engine.StartRequest{Call: call, Type: "box", WorkflowID: "b", Options: o})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		say := func(text string) *engine.Letter { return &engine.Letter{Name: "n", Payload: history.Payload(text)} }
		again := engine.Call{Request: &fsm.Request{ID: "r1"}}
		a := start(engine.Call{}, engine.StartOptions{Signal: say("1"), IfOpen: "signal"})
		b := start(again, engine.StartOptions{Signal: say("2"), IfOpen: "signal"})
		if a.Outcome != fsm.OutcomeStarted || b.Outcome != fsm.OutcomeSignalled || a.RunID != b.RunID {
			t.Fatalf("%+v, then %+v", a, b)
		}
		if got := n.Outcome(fsm.RunRef{WorkflowID: "b"}); got != "completed [1,2]" {
			t.Errorf("it came to %s", got)
		}
		if c := start(again, engine.StartOptions{Signal: say("2"), IfOpen: "signal"}); *c != *b {
			t.Errorf("again: %+v, want %+v", c, b)
		}
		if _, _, err := n.Start(background, engine.StartRequest{Type: "box", WorkflowID: "b", Options: engine.StartOptions{IfClosed: "failed_only"}}); enginetest.CodeOf(err) != "already_closed" {
			t.Errorf("after it completed: %v", err)
		}

		began := time.Now()
		d := start(engine.Call{}, engine.StartOptions{Signal: say("1"), Delay: time.Hour})
		ref := fsm.RunRef{WorkflowID: "b"}
		if _, _, err := n.Query(background, engine.Read{}, ref, "x", nil); enginetest.CodeOf(err) != "invalid_state" {
			t.Errorf("a query before it begins: %v", err)
		}
		n.Send(ref, "n", "2")
		if r := n.Row(ref); r.RunID != d.RunID || r.Turns != 0 || r.BeginsAt != d.BeginsAt || d.BeginsAt == 0 {
			t.Errorf("before it begins: %+v", r)
		}
		if got := n.Outcome(ref); got != "completed [1,2]" || time.Since(began) < time.Hour {
			t.Errorf("it came to %s after %s", got, time.Since(began))
		}
		if got, want := n.Types(ref), "WorkflowStarted SignalReceived SignalReceived WorkflowBegan WorkflowCompleted"; got != want {
			t.Errorf("%s, want %s", got, want)
		}

		e := start(engine.Call{}, engine.StartOptions{Delay: time.Hour})
		if f := start(engine.Call{}, engine.StartOptions{IfOpen: "terminate", Signal: say("3")}); f.Terminated != e.RunID {
			t.Errorf("%+v in place of %+v", f, e)
		}
		if u := start(engine.Call{}, engine.StartOptions{IfOpen: "use"}); u.Outcome != fsm.OutcomeUsed || fmt.Sprint(n.Row(ref).RunID) != fmt.Sprint(u.RunID) {
			t.Errorf("%+v", u)
		}
	})
}
