package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
)

// toil carries out activities of the default queue in batches until the benchmark ends. It is the
// cheapest possible worker.
func toil(b *testing.B, n *enginetest.Node, pollers, batch int, activities ...string) {
	ctx, cancel := context.WithCancel(background)
	var wg sync.WaitGroup
	for i := range pollers {
		wg.Go(func() {
			request := engine.PollRequest{Queue: "default", Worker: fmt.Sprint("w", i), Activities: activities, Max: batch}
			for ctx.Err() == nil {
				tasks, _, err := n.Poll(ctx, request, engine.MaxWait)
				if err != nil {
					return
				}
				if len(tasks) == 0 {
					continue
				}
				results := make([]engine.TaskResult, len(tasks))
				for i, t := range tasks {
					results[i] = engine.TaskResult{Token: t.Token, Output: history.Payload("42")}
				}
				replies, _, err := n.CompleteTasks(ctx, engine.Call{}, results)
				if err != nil && ctx.Err() == nil || len(replies) > 0 && replies[0].Err != nil {
					b.Errorf("complete: %v, %v", replies, err)
				}
			}
		})
	}
	b.Cleanup(func() {
		cancel()
		wg.Wait()
	})
}

// spent returns the processor time that this process has used, in microseconds. Unlike elapsed
// time, it measures a benchmark on a busy machine too.
func spent() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

// BenchmarkActivityRun measures a run with activities one after the other, from start to result, in
// process and without Raft.
func BenchmarkActivityRun(b *testing.B) {
	for _, steps := range []int{1, 10} {
		for _, callers := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("activities=%d/callers=%d", steps, callers), func(b *testing.B) {
				n := enginetest.NewFast(b)
				n.Deploy(does(b, fmt.Sprintf(`return [ctx.activity("x", i) for i in range(%d)]`, steps), "x"))
				toil(b, n, 4, 100, "x")
				b.ResetTimer()
				began := spent()
				var left atomic.Int64
				left.Store(int64(b.N))
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for left.Add(-1) >= 0 {
							if res := n.Await(n.Begin("w", "1")); res.Status != history.StatusCompleted {
								b.Errorf("got %+v", res)
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
				b.ReportMetric((spent()-began)/float64(b.N), "cpu-us/run")
				b.StopTimer()
			})
		}
	}
}

// BenchmarkLargeRun measures one run with many activities, sequential and concurrent. The cost of
// one activity must not depend on how many there are.
func BenchmarkLargeRun(b *testing.B) {
	for _, shape := range []struct{ name, body string }{
		{"sequential", "for i in range(input):\n        ctx.activity(\"x\", i)"},
		{"wide", `ctx.all([ctx.start_activity("x", i) for i in range(input)])`},
	} {
		for _, steps := range []int{1_000, 4_000, 10_000} {
			b.Run(fmt.Sprintf("%s=%d", shape.name, steps), func(b *testing.B) {
				n := enginetest.NewFast(b)
				n.Deploy(does(b, shape.body, "x"))
				toil(b, n, 4, 100, "x")
				b.ResetTimer()
				began := spent()
				for range b.N {
					if got := n.Outcome(n.Begin("w", fmt.Sprint(steps))); !strings.HasPrefix(got, "completed") {
						b.Fatal(got)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*steps), "us/activity")
				b.ReportMetric((spent()-began)/float64(b.N*steps), "cpu-us/activity")
				b.StopTimer()
			})
		}
	}
}

// BenchmarkIdlePolls measures a run without activities while a thousand polls wait at empty queues:
// what idle polls cost everybody else.
func BenchmarkIdlePolls(b *testing.B) {
	for _, queues := range []int{0, 1, 100, 1000} {
		b.Run(fmt.Sprintf("queues=%d", queues), func(b *testing.B) {
			n := enginetest.NewFast(b)
			n.Deploy(enginetest.Pack(b, enginetest.Code{"w": echo}))
			ctx, cancel := context.WithCancel(background)
			var idle sync.WaitGroup
			for i := range min(1000, 1000*queues) {
				idle.Go(func() {
					for ctx.Err() == nil {
						n.Poll(ctx, engine.PollRequest{Queue: fmt.Sprint("q", i%queues), Worker: "w", Activities: []string{"x"}}, engine.MaxWait)
					}
				})
			}
			b.ResetTimer()
			began := spent()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						n.Await(n.Begin("w", "1"))
					}
				})
			}
			wg.Wait()
			b.ReportMetric((spent()-began)/float64(b.N), "cpu-us/run")
			b.StopTimer()
			cancel()
			idle.Wait()
		})
	}
}
