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
	if _, err := load.ReachLevel(ctx, e, "starts", 5); err != nil {
		return err
	}
	return load.Deploy(ctx, e, load.Package{Type: "starts", Source: source})
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	w.requests.Callers(ctx, e, 300, func(c *runs.Caller, n int) {
		a := ask{Say: fmt.Sprintf("%d/%d", c.I, n)}
		o := op.Op{Workload: "starts", F: "post", Request: client.NewRequestID(), Key: fmt.Sprintf("box-%d", c.Rand.IntN(boxes))}
		switch c.Rand.IntN(12) {
		case 0:
			a.Once, o.Key = true, fmt.Sprintf("once-%d", c.Rand.IntN(onces))
		case 1, 2:
			a.Delay, o.Key = "150ms", fmt.Sprintf("late-%d", c.Rand.IntN(boxes))
		}
		o.Value, _ = json.Marshal(a)
		c.Do(ctx, o, w.post)
	})
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
	return load.Each(slices.Sorted(maps.Keys(w.met)), 16, func(_ int, id string) error {
		_, err := runs.ConcludeAs(ctx, e, "starts", id, wire.RunRef{WorkflowID: w.met[id], RunID: id}, waits)
		return err
	})
}
