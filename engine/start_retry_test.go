package engine_test

import (
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const stubborn = `
def run(ctx, input):
    got = ctx.signal("go")
    if ctx.info.attempt < input:
        fail("try %d" % ctx.info.attempt)
    return [got, ctx.info.attempt]
`

const parentOfStubborn = `
def run(ctx, input):
    kid = ctx.start_child("stubborn", 3, id = "kid", retry = {"max_attempts": input, "backoff": "1s"}, chain_timeout = "1h")
    ctx.signal_workflow("kid", "go", 7)
    o = kid.outcome()
    return [o.ok, o.value if o.ok else o.error.message]
`

// TestRunsAreTriedAgain: by runs that get the same signals; callers and parents wait for the last.
func TestRunsAreTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"stubborn": stubborn, "parent": parentOfStubborn}))
		begin := func(id, input string, o engine.StartOptions) fsm.RunRef {
			t.Helper()
			a, _, err := n.Start(background, engine.StartRequest{Type: "stubborn", WorkflowID: id, Input: history.Payload(input), Options: o})
			if err != nil {
				t.Fatal(err)
			}
			return fsm.RunRef{WorkflowID: id, RunID: a.RunID}
		}
		began := time.Now()
		first := begin("a", "3", engine.StartOptions{Signal: &engine.Letter{Name: "go", Payload: history.Payload("5")}, Retry: &history.Retry{MaxAttempts: 3, Backoff: 1e9, Factor: 2, MaxBackoff: 60e9}})
		if got := n.Outcome(fsm.RunRef{WorkflowID: "a"}); got != "completed [5,3]" || time.Since(began) < 3*time.Second {
			t.Errorf("it came to %s after %s", got, time.Since(began))
		}
		r, err := n.Result(background, engine.Read{}, first, 0)
		if err != nil || r.Status != history.StatusFailed || r.To.IsZero() {
			t.Errorf("the first try: %+v, %v", r, err)
		}
		begin("b", "9", engine.StartOptions{Signal: &engine.Letter{Name: "go"}, Retry: &history.Retry{MaxAttempts: 2}})
		if got := n.Outcome(fsm.RunRef{WorkflowID: "b"}); got != "failed failed: try 2" {
			t.Errorf("it came to %s", got)
		}
		for input, want := range map[string]string{"3": "completed [true,[7,3]]", "2": `completed [false,"try 2"]`} {
			if got := n.Outcome(n.Begin("parent", input)); got != want {
				t.Errorf("the parent came to %s, want %s", got, want)
			}
		}
		for name, o := range map[string]engine.StartOptions{
			"factor": {Retry: &history.Retry{Factor: 0.5}}, "kinds": {Retry: &history.Retry{NonRetryable: make([]string, 101)}}, "chain": {ChainTimeout: -1},
		} {
			if _, _, err := n.Start(background, engine.StartRequest{Type: "stubborn", Options: o}); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
