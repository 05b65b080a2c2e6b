package engine_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func TestQueueLimitsHold(t *testing.T) {
	many := `return len(ctx.all([ctx.start_activity("x") for i in range(20)]))`
	t.Run("concurrency", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(does(t, many, "x"))
			limit(t, n, rows.QueueLimits{Concurrency: 3})
			var now, most atomic.Int64
			work := handlers{"x": func(context.Context, engine.WorkerTask) (string, error) {
				if busy := now.Add(1); busy > most.Load() {
					most.Store(busy)
				}
				time.Sleep(time.Second)
				now.Add(-1)
				return "1", nil
			}}
			n.Work("default", work)
			n.Work("default", work)
			equal(t, "outcome", n.Outcome(n.Begin("w", "")), "completed 20")
			equal(t, "at once", most.Load(), 3)
		})
	})
	t.Run("rate", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(does(t, many, "x"))
			limit(t, n, rows.QueueLimits{Rate: 2, Per: history.Duration(time.Second), Burst: 4})
			n.Work("default", handlers{"x": says42})
			began := time.Now()
			equal(t, "outcome", n.Outcome(n.Begin("w", "")), "completed 20")
			equal(t, "took", time.Since(began), 8*time.Second) // 4 at once, then one every half second
		})
	})
	t.Run("refused", func(t *testing.T) {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			for _, l := range []rows.QueueLimits{{Rate: 1}, {Per: 1}, {Burst: 1}, {Rate: 1 << 40, Per: 1e9}, {Rate: 1, Per: 1 << 60}} {
				_, err := n.LimitQueue(background, engine.Call{}, "default", l)
				refused(t, err, "invalid_input")
			}
			_, err := n.LimitQueue(background, engine.Call{}, "", rows.QueueLimits{})
			refused(t, err, "invalid_input")
		})
	})
}

func limit(t *testing.T, n *enginetest.Node, l rows.QueueLimits) {
	t.Helper()
	if _, err := n.LimitQueue(background, engine.Call{}, "default", l); err != nil {
		t.Fatal(err)
	}
}
