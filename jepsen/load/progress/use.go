// Package progress starts runs of 3 to 10 steps: activities on worker processes that record what
// they did in a ledger of their own, timers, signals, children, and activities side by side. The
// workers are like users' workers, made with transport/worker, and are killed, frozen and cut off
// meanwhile.
//
// It never judges how long a step took. Begin with source, which every run executes, and then
// judge.check.
package progress

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

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
	fleet    *fleet.Fleet
	requests runs.Requests

	mu   sync.Mutex
	runs []string // whose start was acknowledged or may have happened
}

const source = `
retry = {"backoff": "100ms", "max_backoff": "1s"}

def step(ctx, s):
    if s["do"] == "activity":
        return ctx.activity("progress", s["orders"][0], queue = "progress", retry = retry, timeout = "20s")
    if s["do"] == "pair":
        return ctx.all([ctx.start_activity("progress", o, queue = "progress", retry = retry, timeout = "20s") for o in s["orders"]])
    if s["do"] == "timer":
        ctx.sleep(s["for"])
        return s["for"]
    if s["do"] == "signal":
        return ctx.signal(s["name"])
    return ctx.child("progress", {"steps": s["steps"]})

def run(ctx, input):
    return [step(ctx, s) for s in input["steps"]]
`

// stage is one step of a run.
type stage struct {
	Do     string         `json:"do"` // activity, pair, timer, signal, child
	Orders []worker.Order `json:"orders,omitempty"`
	For    string         `json:"for,omitempty"`
	Name   string         `json:"name,omitempty"`
	Steps  []stage        `json:"steps,omitempty"`
}

type task struct {
	Steps []stage `json:"steps"`
}

func (w *Workload) Name() string { return "progress" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if err := load.Deploy(ctx, e, load.Package{Type: "progress", Source: source, Activities: []string{"progress"}}); err != nil {
		return err
	}
	var err error
	w.fleet, err = fleet.New(e, "progress", 3, func(_ int, c *worker.Config) {
		c.Queue, c.Activities, c.SDK, c.Slots = "progress", []string{"progress"}, true, 8
	})
	return err
}

// Close kills the workers.
func (w *Workload) Close() error { return w.fleet.Close() }

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	all.Go(func() { w.fleet.Hurt(ctx, e.Rand(99)) })
	for i := range e.Concurrency {
		all.Go(func() { w.caller(ctx, e, i) })
	}
	all.Wait()
}

// openRuns is how many open runs one caller has: it waits for the oldest before it starts another.
const openRuns = 4

func (w *Workload) caller(ctx context.Context, e *load.Env, i int) {
	r, p := e.Rand(uint64(100+i)), e.Record.Process()
	var open []string
	for n := 0; e.Pace(ctx); n++ {
		id := fmt.Sprintf("progress-%d-%d", i, n)
		steps := drawSteps(r, id, 3+r.IntN(8), true)
		input, _ := json.Marshal(task{steps})
		var o op.Op
		o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "progress", F: "start", Key: id, Value: input, Request: "start-" + id, Node: e.AnyNode(r)}, runs.Start("progress"))
		if o.Outcome != op.OK && o.Outcome != op.Unknown {
			continue
		}
		w.mu.Lock()
		w.runs = append(w.runs, id)
		w.mu.Unlock()
		for _, s := range steps {
			if s.Do == "signal" {
				p = w.signal(ctx, e, r, p, id, s.Name)
			}
		}
		if open = append(open, id); len(open) < openRuns {
			continue
		}
		e.Call(ctx, op.Op{Process: p, Workload: "progress", F: "wait", Key: open[0], Node: e.AnyNode(r)}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Result(ctx, wire.RunRef{WorkflowID: o.Key}, 5*time.Second)
			if err == nil {
				o.Index = a.Index
			}
			return err
		})
		open = open[1:]
	}
}

// signal sends what a run waits for. The signal is repeated until it certainly happened; otherwise
// the run would wait forever.
func (w *Workload) signal(ctx context.Context, e *load.Env, r *rand.Rand, p int, id, name string) int {
	payload, _ := json.Marshal(name)
	call := func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Signal(ctx, wire.RunRef{WorkflowID: id}, name, o.Value, client.RequestID(o.Request))
		if err == nil {
			o.Answered(a.Answered)
		}
		return err
	}
	o := op.Op{Process: p, Workload: "progress", F: "signal", Key: id, Value: payload, Request: "signal-" + id + "-" + name, Node: e.AnyNode(r)}
	done := e.Call(ctx, o, call)
	if done.Outcome == op.OK {
		return p
	}
	if done.Outcome == op.Refused {
		// the start may not have happened yet, and a refusal is repeated forever under its request
		// id
		o.Request += again
	}
	w.requests.Keep(o, call)
	return e.Record.Process()
}

// again makes another request id.
const again = "-again"

// drawSteps draws the steps of a run. The names in them are unique to the run.
func drawSteps(r *rand.Rand, name string, n int, outer bool) []stage {
	order := func(tag string) worker.Order {
		o := worker.Order{Plan: []string{worker.Do}, Work: r.IntN(150), Tag: name + "/" + tag}
		if r.IntN(6) == 0 {
			o.Plan = []string{worker.Fail, worker.Do}
		}
		return o
	}
	var steps []stage
	for i := range n {
		tag := fmt.Sprint(i)
		switch k := r.IntN(10); {
		case k < 5:
			steps = append(steps, stage{Do: "activity", Orders: []worker.Order{order(tag)}})
		case k == 5:
			steps = append(steps, stage{Do: "pair", Orders: []worker.Order{order(tag + "a"), order(tag + "b")}})
		case k < 8 || !outer:
			steps = append(steps, stage{Do: "timer", For: fmt.Sprintf("%dms", 1+r.IntN(400))})
		case k == 8:
			steps = append(steps, stage{Do: "signal", Name: "go-" + tag})
		default:
			steps = append(steps, stage{Do: "child", Steps: drawSteps(r, name+"/"+tag, 1+r.IntN(3), false)})
		}
	}
	return steps
}
