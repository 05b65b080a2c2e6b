package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const sleeper = "def run(ctx, input):\n    ctx.sleep(input)\n    return input\n"

// BenchmarkFailoverParked kills the leader of three processes with SIGKILL while many runs are
// parked on timers. One of the timers falls due while nobody leads: the benchmark measures the time
// from the kill until that run has ended. 100,000 runs are parked; AION_BENCH_RUNS sets another
// number.
func BenchmarkFailoverParked(b *testing.B) {
	parked := 100_000
	if n, err := strconv.Atoi(os.Getenv("AION_BENCH_RUNS")); err == nil && n > 0 {
		parked = n
	}
	b.Run(fmt.Sprintf("parked=%d", parked), func(b *testing.B) {
		f := &fleet{dir: b.TempDir(), nodes: map[string]*process{}}
		defer f.killAll()
		if err := f.startAll("a", "b", "c"); err != nil {
			b.Fatal(err)
		}
		var addresses []string
		for _, name := range f.order {
			addresses = append(addresses, f.nodes[name].http)
		}
		c, err := client.New(client.Config{Addresses: addresses, Patience: time.Minute})
		if err != nil {
			b.Fatal(err)
		}
		archive, err := catalog.Write(catalog.Manifest{
			Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
			Workflows: []catalog.Workflow{{Type: "sleeper", EntryModule: "sleeper", EntryFunction: "run"}},
		}, []catalog.Module{{Name: "sleeper.star", Source: []byte(sleeper)}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Load(b.Context(), archive, wire.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
		park(b, c, parked)
		var gaps []time.Duration
		for b.Loop() {
			leader, err := f.leader()
			if err != nil {
				b.Fatal(err)
			}
			a, err := c.Start(b.Context(), wire.StartRequest{Type: "sleeper", Input: json.RawMessage(`"100ms"`)})
			if err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			if err := f.kill(leader); err != nil {
				b.Fatal(err)
			}
			r, err := c.Result(b.Context(), wire.RunRef{WorkflowID: a.WorkflowID}, time.Minute)
			if err != nil || r.Status != "completed" {
				b.Fatalf("got %+v, %v", r, err)
			}
			gaps = append(gaps, time.Since(began))
			if err := f.start(leader); err != nil {
				b.Fatal(err)
			}
			if err := f.ready(leader); err != nil {
				b.Fatal(err)
			}
		}
		slices.Sort(gaps)
		b.ReportMetric(float64(gaps[len(gaps)/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(gaps[len(gaps)-1].Milliseconds()), "max-ms")
	})
}

// park starts runs that sleep for a day, and waits until all of them have made their turn.
func park(b *testing.B, c *client.Client, runs int) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(runs))
	var all sync.WaitGroup
	for range 256 {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := c.Start(b.Context(), wire.StartRequest{Type: "sleeper", Input: json.RawMessage(`"24h"`)}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	err := eventually(func() error {
		v, err := c.Versions(b.Context(), "sleeper")
		if err == nil && v.Versions[0].Pins.LiveRun < uint64(runs) {
			err = fmt.Errorf("%d of %d runs are parked", v.Versions[0].Pins.LiveRun, runs)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
