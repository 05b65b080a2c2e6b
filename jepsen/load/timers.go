package load

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// timers starts runs that sleep several times, for random spans, and afterwards reads their histories: no timer fires early, each exactly once, and none is lost.
type timers struct {
	requests requests

	mu  sync.Mutex
	ids []string // of runs whose start may have happened
}

const timersSource = `
def run(ctx, input):
    for d in input:
        ctx.sleep(d)
    return len(input)
`

func (w *timers) Name() string { return "timers" }

func (w *timers) Setup(ctx context.Context, e *Env) error {
	return deploy(ctx, e, Package{Type: "timers", Source: timersSource})
}

func (w *timers) Run(ctx context.Context, e *Env) {
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
				o, p = w.requests.do(ctx, e, op.Op{Process: p, Workload: "timers", F: "start", Key: id, Value: input, Request: "t-" + id, Node: e.AnyNode(r)}, startRun("timers"))
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

// Settle repeats every start that may have happened, and reads how each run stands once it is closed, or when its time is over.
func (w *timers) Settle(ctx context.Context, e *Env) error {
	waits := newPatience()
	if err := w.requests.settle(ctx, e); err != nil {
		return err
	}
	return each(w.ids, 16, func(_ int, id string) error {
		_, err := conclude(ctx, e, "timers", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}
