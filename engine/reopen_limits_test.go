package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
)

// A run that a limit closed goes on under a higher limit, and is closed again under the same one.
func TestReopenARunThatMetALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := uint64(12)
		n := enginetest.New(t, func(c *engine.Config) { c.Limits.HistoryEvents = events })
		archive := enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    for i in range(10):\n        ctx.sleep(\"1s\")\n    return i\n"})
		n.Deploy(archive)
		ref := n.Begin("w", "")
		limited := "failed limit_exceeded: the history would pass the limit of 12 events"
		equal(t, "outcome", n.Outcome(ref), limited)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), limited)
		n.Configure(func(c *engine.Config) { c.Limits.HistoryEvents = 100 })
		n.Restart()
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "completed 9")
		replays(t, n, archive, ref)
	})
}

func TestReopenATimedOutRun(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.sleep(\"50m\")\n    ctx.sleep(\"20m\")\n    ctx.sleep(input)\n"}, enginetest.Timeout("w", "1h"))
		n.Deploy(archive)
		ref := n.Begin("w", `"1m"`)
		equal(t, "outcome", n.Outcome(ref), "timed_out timed_out: the run took longer than 1h0m0s")
		reopen(t, n, ref)
		began := time.Now()
		equal(t, "outcome", n.Outcome(ref), "completed null")
		if took := time.Since(began); took < 11*time.Minute || took > 12*time.Minute {
			t.Errorf("after reopening it took %s", took)
		}
		long := n.Begin("w", `"5h"`)
		n.Outcome(long)
		reopen(t, n, long)
		began = time.Now()
		equal(t, "outcome", n.Outcome(long), "timed_out timed_out: the run took longer than 1h0m0s")
		if took := time.Since(began); took < time.Hour || took > time.Hour+time.Minute {
			t.Errorf("after reopening it was given %s", took)
		}
		replays(t, n, archive, long)
	})
}
