package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/rows"
)

// BenchmarkIdleQueues measures the CPU time of an entry on a leader with that many queues, each
// with a waiting worker and no tasks.
func BenchmarkIdleQueues(b *testing.B) {
	for _, queues := range []int{1, 1_000, 50_000} {
		b.Run(fmt.Sprint(queues), func(b *testing.B) {
			n := enginetest.NewFast(b)
			ctx, cancel := context.WithCancel(background)
			var wg sync.WaitGroup
			defer wg.Wait()
			defer cancel()
			for i := range queues {
				wg.Go(func() {
					request := engine.PollRequest{Queue: fmt.Sprint("q", i), Worker: "w", Activities: []string{"x"}, Max: 1}
					for ctx.Err() == nil {
						if _, _, err := n.Poll(ctx, request, engine.MaxWait); err != nil {
							return
						}
					}
				})
			}
			time.Sleep(20 * time.Second) // until all of them wait in line
			before := spent()
			for b.Loop() {
				if _, err := n.LimitQueue(background, engine.Call{}, "other", rows.QueueLimits{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((spent()-before)/float64(b.N), "cpu-us/entry")
		})
	}
}
