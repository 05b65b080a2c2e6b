package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// measured is one row of the table. Latencies are in milliseconds.
type measured struct {
	Callers   int     `json:"callers"`
	Measure   string  `json:"measure"` // "start": until acknowledged; "complete": until the run's result is available
	Runs      int     `json:"runs"`
	Errors    int     `json:"errors"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P90       float64 `json:"p90_ms"`
	P99       float64 `json:"p99_ms"`
	Max       float64 `json:"max_ms"`
}

func benchCmd(a *app) *cobra.Command {
	callers := []int{1, 16, 64}
	duration := 3 * time.Second
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast the cluster starts and completes runs",
		Long: `Load a package with a workflow that does nothing, without a route, start runs of it from several callers at once over HTTP, and unload it again. "start" is the
time until a start is acknowledged (durable on a majority), "complete" the time until the run's result is there.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if duration < 100*time.Millisecond || duration > 10*time.Minute {
				return usage("--duration %s is not within 100ms to 10m", duration)
			}
			for _, n := range callers {
				if n < 1 || n > 4096 {
					return usage("--callers %d is not within 1 to 4096", n)
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			rows, err := bench(cmd.Context(), c, callers, duration, a.err)
			if err != nil {
				return err
			}
			return a.answer(map[string]any{"results": rows, "duration": duration.String(), "client": machine()}, func(w io.Writer) {
				fmt.Fprintf(w, "client: %s\n", machine())
				printMeasured(w, rows)
			})
		},
	}
	cmd.Flags().IntSliceVar(&callers, "callers", callers, "how many call at once, one measurement for each")
	cmd.Flags().DurationVar(&duration, "duration", duration, "how long each measurement takes")
	return cmd
}

// idle is a workflow that does nothing.
const idle = "def run(ctx, input):\n    return input\n"

func bench(ctx context.Context, c *client.Client, callers []int, duration time.Duration, progress io.Writer) ([]measured, error) {
	archive, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Description: "loaded by aion-node bench",
		Workflows:  []catalog.Workflow{{Type: "aion-bench", EntryModule: "bench", EntryFunction: "run"}},
		Activities: []string{},
	}, []catalog.Module{{Name: "bench.star", Source: []byte(idle)}})
	if err != nil {
		return nil, err
	}
	loaded, err := c.Load(ctx, archive, wire.LoadOptions{NoRoute: true, Message: "bench"})
	if err != nil {
		return nil, err
	}
	var rows []measured
	for _, n := range callers {
		for _, measure := range []string{"start", "complete"} {
			fmt.Fprintf(progress, "measuring %s with %s...\n", measure, count(n, "caller"))
			rows = append(rows, load(ctx, c, loaded.Version, measure, n, duration))
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if err := awaitRunsEnded(ctx, c, loaded.Version); err != nil {
				return nil, err
			}
		}
	}
	_, err = c.Unload(ctx, loaded.WorkflowType, loaded.Version, "bench")
	return rows, err
}

// load starts runs from n callers for a while.
func load(ctx context.Context, c *client.Client, version, measure string, n int, duration time.Duration) measured {
	var mu sync.Mutex // guards latencies and failed
	var latencies []time.Duration
	failed := 0
	begin := time.Now()
	var callers sync.WaitGroup
	for range n {
		callers.Go(func() {
			for time.Since(begin) < duration && ctx.Err() == nil {
				request := wire.StartRequest{Type: "aion-bench", Version: version}
				from := time.Now()
				var err error
				if measure == "start" {
					_, err = c.Start(ctx, request)
				} else {
					var s *wire.StartAnswer
					if s, err = c.StartAndWait(ctx, request, 30*time.Second); err == nil && s.Status != "completed" {
						err = errors.New(s.Status)
					}
				}
				took := time.Since(from)
				mu.Lock()
				if err == nil {
					latencies = append(latencies, took)
				} else {
					failed++
				}
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	elapsed := time.Since(begin)
	slices.Sort(latencies)
	return measured{
		Callers: n, Measure: measure, Runs: len(latencies), Errors: failed,
		PerSecond: float64(len(latencies)) / elapsed.Seconds(),
		P50:       quantile(latencies, 0.5), P90: quantile(latencies, 0.9), P99: quantile(latencies, 0.99), Max: quantile(latencies, 1),
	}
}

// awaitRunsEnded waits until all runs of a measurement have ended, so that the next one starts with
// an idle cluster.
func awaitRunsEnded(ctx context.Context, c *client.Client, version string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := c.Pins(ctx, "aion-bench", version, wire.Page{Limit: 1})
		if err != nil || p.Total == 0 {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// quantile returns milliseconds; the latencies must be sorted.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := min(len(sorted)-1, max(0, int(math.Ceil(q*float64(len(sorted))))-1))
	return math.Round(sorted[at].Seconds()*1e6) / 1e3
}

func printMeasured(w io.Writer, rows []measured) {
	var cells [][]string
	for _, r := range rows {
		ms := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + " ms" }
		cells = append(cells, []string{
			strconv.Itoa(r.Callers), r.Measure, strconv.Itoa(r.Runs), strconv.Itoa(r.Errors), strconv.FormatFloat(r.PerSecond, 'f', 0, 64),
			ms(r.P50), ms(r.P90), ms(r.P99), ms(r.Max),
		})
	}
	table(w, "nothing was measured", []string{"CALLERS", "MEASURE", "RUNS", "ERRORS", "RUNS/S", "P50", "P90", "P99", "MAX"}, cells)
}

func machine() string {
	return fmt.Sprintf("%s/%s, %d CPUs, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}
