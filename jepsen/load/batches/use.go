// Package batches signals many runs at once by batches, while others start. Each run keeps the
// signals that it gets, so a run that a batch came to twice has one twice, and one that it passed
// over lacks it.
//
// It never judges how fast a batch is. Begin with source, which every run executes.
package batches

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	requests runs.Requests

	mu   sync.Mutex
	late []string // runs that started beside the batches; guarded by mu
}

const (
	pool       = 40 // runs that are there before all batches
	mostLate   = 60
	mostBatch  = 60
	batchesFor = 90 * time.Second // after the cluster has healed
)

const source = `
def run(ctx, input):
    got = []
    while True:
        s = ctx.signal("tick")
        if s == "stop":
            return got
        got.append(s)
`

// span is which runs a batch signals, by their lot.
type span struct {
	Name  string `json:"name"`
	First int    `json:"first"`
	End   int    `json:"end"`
}

// Name implements load.Workload.
func (w *Workload) Name() string { return "batches" }

// Setup implements load.Workload.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if _, err := load.ReachLevel(ctx, e, "batches", 4); err != nil {
		return err
	}
	if err := load.Deploy(ctx, e, load.Package{Type: "batches", Source: source}); err != nil {
		return err
	}
	return load.Each(make([]string, pool), 8, func(i int, _ string) error {
		value, _ := json.Marshal(i)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "batches", F: "start", Key: poolID(i), Value: value, Request: "start-" + poolID(i), Node: e.Cluster.Names()[0]}, start)
		if err == nil && o.Outcome != op.OK {
			err = fmt.Errorf("start %s: %s", poolID(i), o.Error)
		}
		return err
	})
}

func poolID(i int) string { return fmt.Sprintf("pool-%d", i) }

// start starts a run of the lot that o.Value says.
func start(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Start(ctx, wire.StartRequest{Type: "batches", WorkflowID: o.Key, Attributes: wire.Attributes{"lot": o.Value}}, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, _ = json.Marshal(a)
	}
	return err
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	w.requests.Callers(ctx, e, 100, func(c *runs.Caller, n int) {
		o := op.Op{Workload: "batches", Request: client.NewRequestID()}
		if c.Rand.IntN(2) == 0 && n*e.Concurrency < mostBatch {
			first := c.Rand.IntN(pool)
			o.F, o.Key = "batch", fmt.Sprintf("t%d-%d", c.I, n)
			o.Value, _ = json.Marshal(span{Name: o.Key, First: first, End: first + 1 + c.Rand.IntN(pool)})
			c.Do(ctx, o, begin)
		} else if n*e.Concurrency < mostLate {
			o.F, o.Key = "start", fmt.Sprintf("late-%d-%d", c.I, n)
			o.Value, _ = json.Marshal(c.Rand.IntN(pool))
			w.mu.Lock()
			w.late = append(w.late, o.Key)
			w.mu.Unlock()
			c.Do(ctx, o, start)
		}
	})
}

// begin begins a batch.
func begin(ctx context.Context, c *client.Client, o *op.Op) error {
	var s span
	if err := json.Unmarshal(o.Value, &s); err != nil {
		return err
	}
	payload, _ := json.Marshal(s.Name)
	a, err := c.StartBatch(ctx, wire.BatchRequest{
		Operation: "signal", Signal: "tick", Payload: payload, Rate: 50,
		Where: []string{"type=batches", fmt.Sprintf("lot>=%d", s.First), fmt.Sprintf("lot<%d", s.End)},
	}, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, err = json.Marshal(a)
	}
	return err
}

// Resolve repeats what is unknown, waits for all batches, tells the runs to stop, and reads what
// they got.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	if err := w.readBatches(ctx, e); err != nil {
		return err
	}
	waits := runs.NewPatience()
	all := w.late
	for i := range pool {
		all = append(all, poolID(i))
	}
	return load.Each(all, 16, func(i int, id string) error {
		o := op.Op{Process: e.Record.Process(), Workload: "batches", F: "stop", Key: id, Value: json.RawMessage(`"stop"`), Request: "stop-" + id, Node: e.AnyNode(e.Rand(uint64(i)))}
		done, err := e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
			_, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "tick", o.Value, client.RequestID(o.Request))
			return err
		})
		if err != nil || done.Outcome != op.OK { // a start that was refused
			return err
		}
		_, err = runs.Conclude(ctx, e, "batches", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}

// readBatches waits until none runs, and records how each stands.
func (w *Workload) readBatches(ctx context.Context, e *load.Env) error {
	for until := time.Now().Add(batchesFor); ; load.Pause(ctx, 200*time.Millisecond) {
		running := false
		_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "batches", F: "batches", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			all := wire.Batches{}
			for cursor := ""; ; {
				page, err := c.Batches(ctx, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
				if err != nil {
					return err
				}
				all.Batches, o.Index = append(all.Batches, page.Batches...), page.Index
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
			running = false
			for _, b := range all.Batches {
				running = running || b.Status == "running"
			}
			var err error
			o.Answer, err = json.Marshal(all)
			return err
		})
		if err != nil || !running || time.Now().After(until) {
			return err
		}
	}
}
