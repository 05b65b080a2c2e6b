package engine_test

import (
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// asks tells, of each workflow that its input names, what becomes of it.
const asks = `
def run(ctx, input):
    results = [ctx.workflow(id).result() for id in input]
    return [[o.value if o.ok else [o.error.kind, o.error.message]] for o in ctx.settled(results)]
`

// Code that waits for the result of a workflow hears what a caller would: of the last of the runs
// that go on from each other, or why there is none.
func TestHandlesWaitForResults(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"asks": asks, "stubborn": stubborn, "counts": `
def run(ctx, input):
    ctx.sleep("1s")
    if input < 3:
        ctx.continue_as_new(input + 1)
    return input
`, "waits": `
def run(ctx, input):
    ctx.signal("never")
`}))
		start := func(id, typ, input string, o engine.StartOptions) {
			t.Helper()
			if _, _, err := n.Start(background, engine.StartRequest{Type: typ, WorkflowID: id, Input: history.Payload(input), Options: o}); err != nil {
				t.Fatal(err)
			}
		}
		retry := engine.StartOptions{Signal: &engine.Letter{Name: "go", Payload: history.Payload("5")}, Retry: &history.Retry{MaxAttempts: 3, Backoff: 1e9}}
		start("counts", "counts", "0", engine.StartOptions{})
		start("stubborn", "stubborn", "3", retry)
		start("broken", "stubborn", "9", retry)
		start("waits", "waits", "null", engine.StartOptions{})
		start("lost", "waits", "null", engine.StartOptions{})
		start("waiter", "asks", `["counts", "stubborn", "broken", "waits", "lost", "nobody", "waiter"]`, engine.StartOptions{})
		time.Sleep(time.Minute)
		if _, _, err := n.Cancel(background, engine.Call{}, fsm.RunRef{WorkflowID: "waits"}, "lunch"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.Terminate(background, engine.Call{}, fsm.RunRef{WorkflowID: "lost"}, "gone"); err != nil {
			t.Fatal(err)
		}
		want := `completed [[3],[[5,3]],[["failed","try 3"]],[["cancelled","the workflow was cancelled: lunch"]],[["terminated","the workflow was terminated: gone"]],` +
			`[["unknown_workflow","there is no workflow with id \"nobody\""]],[["awaits_itself","a workflow that waits for its own result would wait for ever"]]]`
		if got := n.Outcome(fsm.RunRef{WorkflowID: "waiter"}); got != want {
			t.Errorf("the waiter came to %s, want %s", got, want)
		}
		start("later", "asks", `["counts"]`, engine.StartOptions{}) // they are over
		if got := n.Outcome(fsm.RunRef{WorkflowID: "later"}); got != "completed [[3]]" {
			t.Errorf("one that asks later came to %s", got)
		}
	})
}

// A request to end by a handle says who asked, and why; the target cleans up as ever.
func TestHandlesCancel(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `
def run(ctx, input):
    target = ctx.workflow("target")
    target.signal("note", 1)
    target.cancel("stop it")
    target.cancel("again")
    ctx.workflow("nobody").cancel()
    return target.result().result()
`, enginetest.Code{"target": `
def run(ctx, input):
    note = ctx.signal("note")
    out = ctx.start_timer("1h").outcome()
    return [note, out.error.message, ctx.cancelled()]
`})
		if got := n.Outcome(ref); got != `failed unknown_workflow: there is no workflow with id "target"` {
			t.Errorf("without a target: %s", got)
		}
		if _, _, err := n.Start(background, engine.StartRequest{Type: "target", WorkflowID: "target"}); err != nil {
			t.Fatal(err)
		}
		again := n.Begin(n.Row(ref).Type, "null")
		if got := n.Outcome(again); got != `completed [1,"cancellation was requested: stop it",true]` {
			t.Errorf("the asking run came to %s", got)
		}
		asked := 0
		for _, e := range n.Events(fsm.RunRef{WorkflowID: "target"}) {
			if d, ok := e.Data.(*history.CancelRequested); ok {
				if asked++; d.From != n.Row(again).RunID || d.Reason != "stop it" {
					t.Errorf("the target was asked to end by %+v", d)
				}
			}
		}
		if asked != 1 {
			t.Errorf("the target was asked to end %d times", asked)
		}
	})
}

// A run that waits for a result can be cancelled, and leaves nothing behind; the workflow that it
// waited for goes on.
func TestWaitsForResultsEnd(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `
def run(ctx, input):
    at, value = ctx.race([ctx.workflow("other").result(), ctx.start_timer("1m")])
    o = ctx.workflow("other").result().outcome()
    return [at, value, o.error.kind, ctx.cancelled()]
`, enginetest.Code{"other": "def run(ctx, input):\n    return ctx.signal(\"go\")\n"})
		if _, _, err := n.Start(background, engine.StartRequest{Type: "other", WorkflowID: "other"}); err != nil {
			t.Fatal(err)
		}
		n.Begin(n.Row(ref).Type, "null") // one that finds it
		second := n.BeginWith(engine.StartRequest{Type: n.Row(ref).Type, WorkflowID: "second"})
		time.Sleep(2 * time.Minute)
		if _, _, err := n.Cancel(background, engine.Call{}, second, ""); err != nil {
			t.Fatal(err)
		}
		if got := n.Outcome(second); got != `completed [1,null,"cancelled",true]` {
			t.Errorf("the waiter came to %s", got)
		}
		n.Send(fsm.RunRef{WorkflowID: "other"}, "go", "7")
		if got := n.Outcome(fsm.RunRef{WorkflowID: "other"}); got != "completed 7" {
			t.Errorf("the other workflow came to %s", got)
		}
	})
}
