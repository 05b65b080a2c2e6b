package engine_test

import (
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
)

// A task that kills every worker that takes it eventually fails for good.
func TestAPoisonStepEnds(t *testing.T) {
	for name, c := range map[string]struct {
		terms    string
		attempts int
		kind     string
		most     time.Duration
	}{
		"attempts":          {`retry = {"max_attempts": 2, "backoff": "10ms"}`, 2, "lease_lost", 3 * time.Second},
		"one attempt":       {`retry = {"max_attempts": 1}`, 1, "lease_lost", 2 * time.Second},
		"with a heartbeat":  {`retry = {"max_attempts": 3, "backoff": "10ms"}, heartbeat = "1s", timeout = "1h"`, 3, "lease_lost", 5 * time.Second},
		"not to be retried": {`retry = {"non_retryable": ["lease_lost"]}`, 1, "lease_lost", 2 * time.Second},
		"no policy":         {`total_timeout = "1m"`, 6, "", time.Minute},
		"no number":         {`retry = {"backoff": "1s", "factor": 1}, total_timeout = "10s"`, 5, "", 10 * time.Second},
		"no worker":         {`total_timeout = "0.4s"`, 1, "timeout", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				began := time.Now()
				n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.try_activity(\"x\", " + c.terms + ").error.kind\n"}, enginetest.Activities("x")))
				ref := n.Begin("w", "")
				attempts := 0
				for n.Row(ref).Status.Open() {
					tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"x"}, Lease: time.Second}, time.Second)
					if err != nil {
						t.Fatal(err)
					}
					if attempts += len(tasks); attempts > 100 {
						t.Fatal("there is no end")
					}
				}
				equal(t, "attempts", attempts, c.attempts)
				if got := n.Outcome(ref); c.kind != "" && got != `completed "`+c.kind+`"` || !strings.HasPrefix(got, "completed") {
					t.Errorf("outcome is %s, want %q", got, c.kind)
				}
				if took := time.Since(began); took > c.most+2*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// When the wait for another worker ends, the error includes the last failure.
func TestAnEndlessWaitTellsTheFailureBefore(t *testing.T) {
	for _, terms := range []string{`schedule_timeout = "5s"`, `total_timeout = "10s"`} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.try_activity(\"x\", retry = {\"backoff\": \"1s\"}, " + terms + ").error.details\n"}, enginetest.Activities("x")))
			ref := n.Begin("w", "")
			tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"x"}}, time.Second)
			if err != nil || len(tasks) != 1 {
				t.Fatal(tasks, err)
			}
			fail(t, n, tasks[0], history.RunError{Kind: "broke", Message: "no \"luck\"", Retryable: true})
			equal(t, terms, n.Outcome(ref), `completed {"attempt":1,"last_failure":{"kind":"broke","message":"no \"luck\"","retryable":true}}`)
			var last *history.ActivityFailed
			for _, e := range n.Events(ref) {
				if d, ok := e.Data.(*history.ActivityFailed); ok {
					last = d
				}
			}
			equal(t, "kind", last.Error.Kind, history.KindTimeout)
		})
	}
}
