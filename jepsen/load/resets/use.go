// Package resets resets runs, and forks them, again and again, at turns drawn at random, while
// worker processes carry out their steps and record in a ledger of their own what they did, and
// while signals come. Open runs, closed ones, and copies of copies are reset.
//
// It never judges how long a step took. Begin with source, which every run executes, and then
// checkCopy.
package resets

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	load.Language // of the runs' code, where the cluster can run that

	fleet    *fleet.Fleet
	requests runs.Requests
}

// A run closes only when it has no signal left to read, so a signal that was taken is one that it
// returns.
const source = `
retry = {"backoff": "100ms", "max_backoff": "1s"}

def run(ctx, input):
    did, heard = [], []
    for i, order in enumerate(input["orders"]):
        did.append(ctx.activity("redo", order, queue = "resets", retry = retry, timeout = "20s"))
        if i % 2:
            ctx.sleep("40ms")
    while True:
        f = ctx.start_signal("n")
        if not f.done:
            f.cancel()
            return [did, heard]
        heard.append(f.result())
`

const steps = 5 // activities of a run

type input struct {
	Orders []worker.Order `json:"orders"`
}

// back is what one reset, or a fork, asks for.
type back struct {
	To   string `json:"to"`
	As   string `json:"as,omitempty"`
	Drop bool   `json:"drop,omitempty"`
}

// guests are source in other languages.
//
//go:embed guest
var guests embed.FS

// Name implements load.Workload.
func (w *Workload) Name() string {
	return w.Titled("reset")
}

// Setup implements load.Workload.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if _, err := load.ReachLevel(ctx, e, "reset", 5); err != nil {
		return err
	}
	code := load.Package{Type: "resets", Source: source, Activities: []string{"redo"}}
	runs, err := w.Runs(ctx, e, "reset")
	if err == nil && runs {
		code.Code, err = w.Compile(ctx, e, w.In(guests))
	}
	if err != nil {
		return err
	}
	if err := load.Deploy(ctx, e, code); err != nil {
		return err
	}
	w.fleet, err = fleet.New(e, "reset", 2, func(_ int, c *worker.Config) {
		c.Queue, c.Activities, c.SDK, c.Slots = "resets", []string{"redo"}, true, 16
	})
	return err
}

// Close kills the workers.
func (w *Workload) Close() error { return w.fleet.Close() }

// most is how many resets one caller asks for: each makes a run that has to end.
const most = 60

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	all.Go(func() { w.fleet.Hurt(ctx, e.Rand(97)) })
	asked := make([]int, e.Concurrency)
	began := make([]int, e.Concurrency)
	w.requests.Callers(ctx, e, 100, func(c *runs.Caller, n int) {
		r := c.Rand
		o := op.Op{Workload: "reset", Request: client.NewRequestID()}
		switch k := r.IntN(8); {
		case began[c.I] == 0 || k == 0 && asked[c.I] < most:
			o.F, o.Key = "start", fmt.Sprintf("resets-%d-%d", c.I, began[c.I])
			began[c.I]++
			o.Value, _ = json.Marshal(drawInput(r.IntN, o.Key))
			c.Do(ctx, o, runs.Start("resets"))
			return
		case k < 4:
			o.F, o.Key = "signal", w.target(c, began)
			o.Value, _ = json.Marshal(fmt.Sprintf("%d/%d", c.I, n))
			c.Do(ctx, o, signal)
			return
		case asked[c.I] >= most:
			return
		}
		asked[c.I]++
		o.F, o.Key = "reset", w.target(c, began)
		b := back{To: []string{"start", "last", strconv.Itoa(r.IntN(2 * steps)), strconv.Itoa(r.IntN(steps))}[r.IntN(4)], Drop: r.IntN(5) == 0}
		if r.IntN(4) == 0 {
			o.F, b.As = "fork", fmt.Sprintf("fork-%d-%d", c.I, n)
		}
		o.Value, _ = json.Marshal(b)
		c.Do(ctx, o, goBack)
	})
	all.Wait()
}

// target is a run of any caller that has probably begun one: mostly one of its newest.
func (w *Workload) target(c *runs.Caller, began []int) string {
	newest := began[c.I] - 1
	return fmt.Sprintf("resets-%d-%d", c.Rand.IntN(len(began)), max(0, newest-c.Rand.IntN(2)))
}

func drawInput(draw func(int) int, name string) input {
	var in input
	for i := range steps {
		order := worker.Order{Plan: []string{worker.Do}, Work: draw(120), Tag: fmt.Sprintf("%s/%d", name, i)}
		if draw(6) == 0 {
			order.Plan = []string{worker.Fail, worker.Do}
		}
		in.Orders = append(in.Orders, order)
	}
	return in
}

// signal sends a signal, and notes which run took it.
func signal(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "n", o.Value, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, err = json.Marshal(a)
	}
	return err
}

// goBack resets a run, or forks it.
func goBack(ctx context.Context, c *client.Client, o *op.Op) error {
	var b back
	if err := json.Unmarshal(o.Value, &b); err != nil {
		return err
	}
	r := wire.ResetRequest{ResetPoint: wire.ResetPoint{To: b.To}, DropSignals: b.Drop, Reason: "again"}
	call := func() (*wire.ResetAnswer, error) {
		if b.As != "" {
			return c.Fork(ctx, wire.RunRef{WorkflowID: o.Key}, wire.ForkRequest{ResetRequest: r, As: b.As}, client.RequestID(o.Request))
		}
		return c.Reset(ctx, wire.RunRef{WorkflowID: o.Key}, r, client.RequestID(o.Request))
	}
	a, err := call()
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, err = json.Marshal(a)
	}
	return err
}

// Resolve repeats what is unknown, and reads every run of the type to its end.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	if err := w.fleet.Heal(); err != nil {
		return err
	}
	known := map[string]string{} // workflow ids by run ids
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "reset", F: "runs", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		clear(known)
		for cursor := ""; ; {
			page, err := c.List(ctx, wire.RunFilter{Type: "resets"}, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
			if err != nil {
				return err
			}
			for _, r := range page.Workflows {
				known[r.RunID] = r.WorkflowID
			}
			o.Index = page.Index
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		var err error
		o.Answer, err = json.Marshal(known)
		return err
	})
	if err != nil {
		return err
	}
	waits := runs.NewPatience()
	if err := load.Each(slices.Sorted(maps.Keys(known)), 16, func(_ int, id string) error {
		_, err := runs.ConcludeAs(ctx, e, "reset", id, wire.RunRef{WorkflowID: known[id], RunID: id}, waits)
		return err
	}); err != nil {
		return err
	}
	return w.fleet.Finish()
}
