package worker_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/worker"
)

// BenchmarkRuns measures runs of so many activities in a row, 64 runs at a time, over HTTP on the
// loopback interface, through the SDK, the server and the engine on one replica without Raft.
func BenchmarkRuns(b *testing.B) {
	for _, activities := range []int{1, 10} {
		b.Run(fmt.Sprintf("activities=%d", activities), func(b *testing.B) {
			n := enginetest.NewFast(b)
			server, err := transport.New(transport.Config{Parts: parts(n), Cluster: leads{}, Node: "n1"})
			if err != nil {
				b.Fatal(err)
			}
			h := httptest.NewServer(server)
			defer h.Close()
			c, err := client.New(client.Config{Addresses: []string{h.URL}})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			n.Deploy(enginetest.Pack(b, enginetest.Code{
				"w": fmt.Sprintf("def run(ctx, input):\n    for i in range(%d):\n        ctx.activity(\"a\", i)\n", activities),
			}, enginetest.Activities("a")))
			ctx, stop := context.WithCancel(b.Context())
			var all sync.WaitGroup
			all.Go(func() {
				w := worker.New(worker.Config{Client: c, Logger: slog.New(slog.DiscardHandler)})
				if err := w.Handle("a", func(context.Context, worker.Task) (any, error) { return nil, nil }).Run(ctx); err != nil {
					b.Error(err)
				}
			})
			room := make(chan struct{}, 64)
			for b.Loop() {
				room <- struct{}{}
				ref := n.Begin("w", "")
				all.Go(func() {
					n.Await(ref)
					<-room
				})
			}
			for range cap(room) {
				room <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
			stop()
			all.Wait()
		})
	}
}
