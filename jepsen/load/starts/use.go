// Package starts starts runs of a few workflow ids with signals, which go to the run that is open
// if there is one. Each run reads its signals until there are none, and closes, so that starts meet
// runs that are about to close. Other starts come with a delay, or may come only once.
//
// It never judges how soon a delayed run begins. Begin with source, which every run executes.
package starts

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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

	mu  sync.Mutex
	met map[string]string // workflow ids by the run ids of answers; guarded by mu
}

const source = `
def run(ctx, input):
    seen = []
    while True:
        f = ctx.start_signal("n")
        if not f.done:
            f.cancel()
            return seen
        seen.append(f.result())
`

const (
	boxes = 4
	onces = 6 // ids of runs that may start once
)

// ask is what one start asks for.
type ask struct {
	Say   string `json:"say"`
	Delay string `json:"delay,omitempty"`
	Once  bool   `json:"once,omitempty"`
}

// Name implements load.Workload.
func (w *Workload) Name() string { return "starts" }

// Setup implements load.Workload.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	w.met = map[string]string{}
	if err := load.ReachLevel(ctx, e, "starts", 5); err != nil {
		return err
	}
	return load.Deploy(ctx, e, load.Package{Type: "starts", Source: source})
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(300+i)), e.Record.Process()
			for n := 0; e.Pace(ctx); n++ {
				a := ask{Say: fmt.Sprintf("%d/%d", i, n)}
				o := op.Op{Process: p, Workload: "starts", F: "post", Node: e.AnyNode(r), Request: client.NewRequestID(), Key: fmt.Sprintf("box-%d", r.IntN(boxes))}
				switch r.IntN(12) {
				case 0:
					a.Once, o.Key = true, fmt.Sprintf("once-%d", r.IntN(onces))
				case 1, 2:
					a.Delay, o.Key = "150ms", fmt.Sprintf("late-%d", r.IntN(boxes))
				}
				o.Value, _ = json.Marshal(a)
				_, p = w.requests.Do(ctx, e, o, w.post)
			}
		})
	}
	callers.Wait()
}

// post starts a run with a signal, or signals the open one.
func (w *Workload) post(ctx context.Context, c *client.Client, o *op.Op) error {
	var a ask
	if err := json.Unmarshal(o.Value, &a); err != nil {
		return err
	}
	payload, _ := json.Marshal(a.Say)
	r := wire.StartRequest{Type: "starts", WorkflowID: o.Key, Signal: &wire.StartSignal{Name: "n", Payload: payload}, IfOpen: "signal", Delay: a.Delay}
	if a.Once {
		r.IfOpen, r.IfClosed = "refuse", "refuse"
	}
	s, err := c.Start(ctx, r, client.RequestID(o.Request))
	if err != nil {
		return err
	}
	o.Answered(s.Answered)
	o.Answer, err = json.Marshal(s)
	w.mu.Lock()
	w.met[s.RunID] = o.Key
	w.mu.Unlock()
	return err
}

// Resolve repeats what is unknown, and reads what each run got.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	waits := runs.NewPatience()
	return load.Each(slices.Sorted(maps.Keys(w.met)), 16, func(i int, id string) error {
		ref := wire.RunRef{WorkflowID: w.met[id], RunID: id}
		for {
			left := waits.Left()
			closed := false
			_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "starts", F: "result", Key: id, Node: e.AnyNode(e.Rand(uint64(i)))}, func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Result(ctx, ref, min(5*time.Second, left))
				if err == nil {
					closed, o.Index = !wire.Open(a.Status), a.Index
					o.Answer, err = json.Marshal(a)
				}
				return err
			})
			if err != nil {
				return err
			}
			if closed {
				waits.Moved()
			}
			if closed || left == 0 {
				break
			}
		}
		_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "starts", F: "history", Key: id, Node: e.AnyNode(e.Rand(uint64(i)))}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			h, err := c.History(ctx, ref, 1, 1000, 0)
			if err == nil {
				o.Answer, err = json.Marshal(h)
			}
			return err
		})
		return err
	})
}
