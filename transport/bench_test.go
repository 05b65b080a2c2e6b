package transport_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkStartAndWait measures a no-op run from start to completion through the HTTP API, on a
// state without Raft.
func BenchmarkStartAndWait(b *testing.B) {
	n := enginetest.NewFast(b)
	h := listen(b, n, &throne{}, "n1").lead()
	n.Deploy(enginetest.Pack(b, enginetest.Code{"noop": "def run(ctx, input):\n    return input\n"}))
	for _, callers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			c, err := client.New(client.Config{Addresses: []string{h.URL}})
			if err != nil {
				b.Fatal(err)
			}
			defer c.Close()
			jobs := make(chan struct{})
			done := make(chan error, callers)
			for range callers {
				go func() {
					var first error
					for range jobs {
						a, err := c.StartAndWait(b.Context(), wire.StartRequest{Type: "noop", Input: json.RawMessage("1")}, 30*time.Second)
						if err == nil && a.Status != "completed" {
							err = fmt.Errorf("status %s", a.Status)
						}
						if first == nil {
							first = err
						}
					}
					done <- first
				}()
			}
			b.ReportAllocs()
			for b.Loop() {
				jobs <- struct{}{}
			}
			close(jobs)
			for range callers {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
		})
	}
}
