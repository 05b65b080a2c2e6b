package engine_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// BenchmarkGate routes a version behind a gate that proves many open runs, while one more run of
// the type takes a turn every few milliseconds: how many runs are proven a second, and how long the
// turn took that waited longest, for the gate holds turns back at its end.
func BenchmarkGate(b *testing.B) {
	const code = "def run(ctx, input):\n    while True:\n        ctx.signal(\"step\")\n"
	for _, runs := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("open=%d", runs), func(b *testing.B) {
			n := enginetest.NewFast(b, func(c *engine.Config) { c.Limits.BacktestCPU = 1 / float64(runtime.GOMAXPROCS(0)) })
			n.Deploy(enginetest.Pack(b, enginetest.Code{"w": code}))
			begin(n, runs)
			for !allSeen(n) {
				time.Sleep(10 * time.Millisecond)
			}
			busy := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "busy"})
			over, longest := make(chan struct{}), make(chan time.Duration)
			go func() { longest <- keepTurning(n, busy, over) }()
			rounds := 0
			for b.Loop() {
				rounds++
				if _, err := gated(n, enginetest.Pack(b, enginetest.Code{"w": fmt.Sprintf("# %d\n", rounds) + code})); err != nil {
					b.Error(err)
				}
			}
			close(over)
			b.ReportMetric(float64(rounds*runs)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric(float64((<-longest).Milliseconds()), "longest-turn-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// begin starts runs, many at a time.
func begin(n *enginetest.Node, runs int) {
	places := make(chan struct{}, 32)
	for i := range runs {
		places <- struct{}{}
		go func() {
			defer func() { <-places }()
			n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("w-", i)})
		}()
	}
	for range cap(places) {
		places <- struct{}{}
	}
}

// keepTurning lets a run take one turn after the other, and returns how long the longest took.
func keepTurning(n *enginetest.Node, run fsm.RunRef, over <-chan struct{}) (longest time.Duration) {
	for {
		before, began := n.Row(run).Turns, time.Now()
		n.Send(run, "step", "1")
		for n.Row(run).Turns == before {
			time.Sleep(100 * time.Microsecond)
		}
		longest = max(longest, time.Since(began))
		select {
		case <-over:
			return longest
		case <-time.After(2 * time.Millisecond):
		}
	}
}
