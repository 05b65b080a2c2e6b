//go:build unix

package engine_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// BenchmarkBacktest replays many histories from the state, as a backtest does, and the same number
// of events from memory, as a machine that is rebuilt does: events a second of CPU time each. With
// -cpu 1 the collector has no idle core to use.
func BenchmarkBacktest(b *testing.B) {
	const code = "def run(ctx, input):\n    for i in range(input):\n        ctx.signal(\"step\")\n    ctx.signal(\"never\")\n"
	archive := enginetest.Pack(b, enginetest.Code{"w": code})
	for _, size := range []struct{ runs, steps int }{{1_000, 5}, {1_000, 50}, {100_000, 5}} {
		runs := size.runs
		b.Run(fmt.Sprintf("runs=%d/steps=%d", runs, size.steps), func(b *testing.B) {
			n := enginetest.NewFast(b, func(c *engine.Config) { c.Limits.BacktestCPU = 1 / float64(runtime.GOMAXPROCS(0)) })
			n.Deploy(archive)
			var ref fsm.RunRef
			starts := make(chan int)
			done := make(chan struct{})
			for range 32 {
				go func() {
					defer func() { done <- struct{}{} }()
					for i := range starts {
						at := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("w-", i), Input: history.Payload(fmt.Sprint(size.steps))})
						for range size.steps {
							n.Send(at, "step", "1")
						}
					}
				}()
			}
			for i := range runs {
				starts <- i
			}
			close(starts)
			for range 32 {
				<-done
			}
			ref = fsm.RunRef{WorkflowID: "w-0"}
			for !allSeen(n) {
				time.Sleep(10 * time.Millisecond)
			}
			version := n.Row(ref).Version.String()
			events, cpu := 0, cpuTime()
			for b.Loop() {
				id, _, err := n.StartBacktest(background, engine.Read{Stale: true}, engine.BacktestRequest{Version: version})
				if err != nil {
					b.Fatal(err)
				}
				r := backtest.Report{Status: backtest.Running}
				for r.Status == backtest.Running {
					if r, _, err = n.Backtest(background, id, time.Minute, 1, ""); err != nil {
						b.Fatal(err)
					}
				}
				if r.Counted[backtest.Same] != uint64(runs) {
					b.Fatalf("%+v", r)
				}
				events += runs * len(n.Events(ref))
			}
			fromState := float64(events) / (cpuTime() - cpu).Seconds()
			b.StopTimer()
			b.ReportMetric(fromState, "events/cpu-s")
			b.ReportMetric(fromState/fromMemory(b, n, archive, ref), "of-replay")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func allSeen(n *enginetest.Node) (all bool) {
	n.Log.View(func(v fsm.View) {
		ready, _ := v.Ready(fsm.ReadyCursor{}, 1)
		all = len(ready) == 0
	})
	return all
}

// fromMemory returns how many events of a history one core replays in a second.
func fromMemory(b *testing.B, n *enginetest.Node, archive []byte, ref fsm.RunRef) float64 {
	a, _, err := n.StoreArchive(background, engine.Call{}, archive)
	if err != nil {
		b.Fatal(err)
	}
	program, err := starlark.Compiler{}.Compile(background, a)
	if err != nil {
		b.Fatal(err)
	}
	run, events := n.Row(ref), n.Events(ref)
	var turns []history.Turn
	n.Log.View(func(v fsm.View) { turns = v.Turns(run.RunID, 1, int(run.Turns)) })
	began, cpu, times := time.Now(), cpuTime(), 0
	for ; time.Since(began) < time.Second; times++ {
		m, err := replay.New(replay.Config{Program: program, Member: a.Members()[0]}, events[0])
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Replay(background, turns, events); err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
	return float64(times*len(events)) / (cpuTime() - cpu).Seconds()
}

// cpuTime returns what the process has computed so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
