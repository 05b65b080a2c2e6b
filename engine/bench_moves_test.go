package engine_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
)

// BenchmarkMove moves 1,000 open runs to another version and, in the next round, back: each is
// replayed as far as it has come, and one command moves it.
func BenchmarkMove(b *testing.B) {
	const runs = 1_000
	code := "def run(ctx, input):\n    for i in range(input):\n        ctx.signal(\"step\")\n    ctx.signal(\"never\")\n    return \"old\"\n"
	for _, steps := range []int{5, 50} {
		b.Run(fmt.Sprintf("steps=%d", steps), func(b *testing.B) {
			n := enginetest.NewFast(b, func(c *engine.Config) { c.Limits.BacktestCPU = 1 / float64(runtime.GOMAXPROCS(0)) })
			to := n.Deploy(enginetest.Pack(b, enginetest.Code{"w": strings.Replace(code, "old", "new", 1)})).Package.Version.String()
			from := n.Deploy(enginetest.Pack(b, enginetest.Code{"w": code})).Package.Version.String()
			for i := range runs {
				at := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("w-", i), Input: history.Payload(fmt.Sprint(steps))})
				for range steps {
					n.Send(at, "step", "1")
				}
			}
			for !allSeen(n) {
				time.Sleep(10 * time.Millisecond)
			}
			moved := 0
			for b.Loop() {
				id, r, err := n.StartMove(background, engine.MoveRequest{Type: "w", From: from, To: to})
				for err == nil && r.Status == backtest.Running {
					r, _, err = n.Move(background, id, time.Minute, 1, "")
				}
				if err != nil || r.Counted[backtest.Moved] != runs {
					b.Fatalf("%+v, %v", r, err)
				}
				moved += runs
				from, to = to, from
			}
			b.ReportMetric(float64(moved)/b.Elapsed().Seconds(), "moves/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
