package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"aion.dev/aion/transport/worker"
)

const planeSource = `
def run(ctx, input):
    for i in range(input.get("activities", 0)):
        ctx.activity("echo", i)
    for i in range(input.get("signals", 0)):
        ctx.signal("go")
        ctx.set_attributes({"seen": i})
    if input.get("sleep"):
        ctx.sleep(input["sleep"])
    return input
`

// plane deploys a workflow whose input says what it does.
func plane(b *testing.B, c *client.Client) {
	b.Helper()
	data, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{"echo"},
		Workflows: []catalog.Workflow{{Type: "plane", EntryModule: "plane", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "plane.star", Source: []byte(planeSource)}})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.Load(b.Context(), data, wire.LoadOptions{}); err != nil {
		b.Fatal(err)
	}
}

// work serves echo until the benchmark ends, and calls began when a handler begins.
func work(b *testing.B, c *client.Client, began func(worker.Task)) {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w := worker.New(worker.Config{Client: c, Logger: slog.New(slog.DiscardHandler), Concurrency: 500})
		w.Handle("echo", func(_ context.Context, t worker.Task) (any, error) {
			began(t)
			return t.RawInput(), nil
		})
		_ = w.Run(ctx)
	}()
	b.Cleanup(func() {
		stop()
		<-done
	})
}

// BenchmarkHTTPActivities measures a run of 1 or 10 activities in a row through a worker of the Go
// SDK over HTTP, from the start of the run to its result.
func BenchmarkHTTPActivities(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		for _, activities := range []int{1, 10} {
			b.Run(fmt.Sprintf("nodes=%d/activities=%d/callers=64", nodes, activities), func(b *testing.B) {
				c := bootMany(b, nodes)
				plane(b, c)
				work(b, c, func(worker.Task) {})
				input, _ := json.Marshal(map[string]int{"activities": activities})
				measure(b, 64, func(int) error {
					a, err := c.StartAndWait(b.Context(), wire.StartRequest{Type: "plane", Input: input}, time.Minute)
					if err == nil && a.Status != "completed" {
						err = fmt.Errorf("the run is %s", a.Status)
					}
					return err
				})
			})
		}
	}
}

// BenchmarkSignalRoundTrip measures a signal to a waiting run over HTTP, until the run has made its
// turn and shows the effect.
func BenchmarkSignalRoundTrip(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d/callers=64", nodes), func(b *testing.B) {
			const callers = 64
			c := bootMany(b, nodes)
			plane(b, c)
			input, _ := json.Marshal(map[string]int{"signals": 1 << 30})
			next := make([]uint64, callers)
			for i := range callers {
				if _, err := c.Start(b.Context(), wire.StartRequest{Type: "plane", WorkflowID: fmt.Sprint("s", i), Input: input}); err != nil {
					b.Fatal(err)
				}
				next[i] = 2
			}
			measure(b, callers, func(i int) error {
				ref := wire.RunRef{WorkflowID: fmt.Sprint("s", i)}
				if next[i] > 40_000 { // before its history is full
					return nil
				}
				if _, err := c.Signal(b.Context(), ref, "go", nil); err != nil {
					return err
				}
				for { // the signal, and then what the turn asked for
					h, err := c.History(b.Context(), ref, next[i], 100, 10*time.Second)
					if err != nil {
						return err
					}
					next[i] += uint64(len(h.Events))
					if n := len(h.Events); n > 0 && h.Events[n-1].Type == "AttributesUpdated" {
						return nil
					}
				}
			})
		})
	}
}

// BenchmarkPollToStart measures how long a task waits for an idle worker that polls: from the
// moment its activity is scheduled, by the cluster's clock, to the worker's handler.
func BenchmarkPollToStart(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			c := bootMany(b, nodes)
			plane(b, c)
			started := make(chan time.Time, 1)
			work(b, c, func(worker.Task) { started <- time.Now() })
			var waits []time.Duration
			for b.Loop() {
				a, err := c.StartAndWait(b.Context(), wire.StartRequest{Type: "plane", Input: json.RawMessage(`{"activities":1}`)}, time.Minute)
				if err != nil {
					b.Fatal(err)
				}
				at := <-started
				h, err := c.History(b.Context(), wire.RunRef{WorkflowID: a.WorkflowID}, 1, 100, 0)
				if err != nil {
					b.Fatal(err)
				}
				for _, e := range h.Events {
					if e.Type == "ActivityScheduled" {
						waits = append(waits, at.Sub(e.At))
					}
				}
			}
			slices.Sort(waits)
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// measure makes b.N calls by that many callers, and reports calls per second and latencies.
func measure(b *testing.B, callers int, call func(caller int) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	taken := make([][]time.Duration, callers)
	var all sync.WaitGroup
	b.ResetTimer()
	for i := range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				began := time.Now()
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
				taken[i] = append(taken[i], time.Since(began))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	list := slices.Concat(taken...)
	slices.Sort(list)
	if len(list) > 0 {
		b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(list[len(list)*99/100].Microseconds())/1000, "p99-ms")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
