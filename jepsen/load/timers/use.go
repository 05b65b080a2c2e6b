// Package timers starts runs that sleep several times, for random durations, and afterwards reads
// their histories: no timer fires early, each fires exactly once, and none is lost.
//
// It never judges how late a timer fires. Begin with source, which every run executes, and then
// checkNaps.
package timers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	requests runs.Requests

	mu  sync.Mutex
	ids []string // of runs whose start may have happened
}

const source = `
def run(ctx, input):
    for d in input:
        ctx.sleep(d)
    return len(input)
`

func (w *Workload) Name() string { return "timers" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	return load.Deploy(ctx, e, load.Package{Type: "timers", Source: source})
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.Pace(ctx); n++ {
				var naps []string
				for range 1 + r.IntN(4) {
					naps = append(naps, fmt.Sprintf("%dms", 1+r.IntN(3000)))
				}
				input, _ := json.Marshal(naps)
				id := fmt.Sprintf("timers-%d-%d", i, n)
				var o op.Op
				o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "timers", F: "start", Key: id, Value: input, Request: "t-" + id, Node: e.AnyNode(r)}, runs.Start("timers"))
				if o.Outcome == op.OK || o.Outcome == op.Unknown {
					w.mu.Lock()
					w.ids = append(w.ids, id)
					w.mu.Unlock()
				}
			}
		})
	}
	callers.Wait()
}

// Resolve repeats every start that may have happened, and reads each run once it is closed, or when
// its time is over.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	return load.Each(w.ids, 16, func(_ int, id string) error {
		_, err := runs.Conclude(ctx, e, "timers", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}
