package load

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// progress starts runs of 3 to 10 steps: activities on worker processes that write what they did into a ledger of their own, timers, signals, children, and
// activities side by side. The workers are users' ones, made with transport/worker, and are killed, frozen and cut off meanwhile.
type progress struct {
	fleet    *fleet
	requests requests

	mu   sync.Mutex
	runs []string // whose start was acknowledged or may have happened
}

const progressSource = `
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

// progressStep is one step of a run.
type progressStep struct {
	Do     string         `json:"do"` // activity, pair, timer, signal, child
	Orders []worker.Order `json:"orders,omitempty"`
	For    string         `json:"for,omitempty"`
	Name   string         `json:"name,omitempty"`
	Steps  []progressStep `json:"steps,omitempty"`
}

type progressInput struct {
	Steps []progressStep `json:"steps"`
}

func (w *progress) Name() string { return "progress" }

func (w *progress) Setup(ctx context.Context, e *Env) error {
	if err := deploy(ctx, e, Package{Type: "progress", Source: progressSource, Activities: []string{"progress"}}); err != nil {
		return err
	}
	var err error
	w.fleet, err = newFleet(e, "progress", 3, func(_ int, c *worker.Config) {
		c.Queue, c.Activities, c.SDK, c.Slots = "progress", []string{"progress"}, true, 8
	})
	return err
}

// Close kills the workers.
func (w *progress) Close() error { return w.fleet.Close() }

func (w *progress) Run(ctx context.Context, e *Env) {
	var all sync.WaitGroup
	all.Go(func() { w.fleet.hurt(ctx, e.Rand(99)) })
	for i := range e.Concurrency {
		all.Go(func() { w.caller(ctx, e, i) })
	}
	all.Wait()
}

// openRuns is how many runs one caller has open: it waits for the oldest before it starts another.
const openRuns = 4

func (w *progress) caller(ctx context.Context, e *Env, i int) {
	r, p := e.Rand(uint64(100+i)), e.Record.Process()
	var open []string
	for n := 0; e.Pace(ctx); n++ {
		id := fmt.Sprintf("progress-%d-%d", i, n)
		steps := drawSteps(r, id, 3+r.IntN(8), true)
		input, _ := json.Marshal(progressInput{steps})
		var o op.Op
		o, p = w.requests.do(ctx, e, op.Op{Process: p, Workload: "progress", F: "start", Key: id, Value: input, Request: "start-" + id, Node: e.AnyNode(r)}, startRun("progress"))
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

// signal sends what a run waits for. Whatever comes of it, it is repeated until it is known to have happened: else the run would wait for ever.
func (w *progress) signal(ctx context.Context, e *Env, r *rand.Rand, p int, id, name string) int {
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
		o.Request += again // the start is not known to have happened, and a refusal is repeated for ever under its request id
	}
	w.requests.keep(o, call)
	return e.Record.Process()
}

// again makes another request id.
const again = "-again"

// drawSteps makes the steps of a run. Names in them are the run's own.
func drawSteps(r *rand.Rand, name string, n int, outer bool) []progressStep {
	order := func(tag string) worker.Order {
		o := worker.Order{Plan: []string{worker.Do}, Work: r.IntN(150), Tag: name + "/" + tag}
		if r.IntN(6) == 0 {
			o.Plan = []string{worker.Fail, worker.Do}
		}
		return o
	}
	var steps []progressStep
	for i := range n {
		tag := fmt.Sprint(i)
		switch k := r.IntN(10); {
		case k < 5:
			steps = append(steps, progressStep{Do: "activity", Orders: []worker.Order{order(tag)}})
		case k == 5:
			steps = append(steps, progressStep{Do: "pair", Orders: []worker.Order{order(tag + "a"), order(tag + "b")}})
		case k < 8 || !outer:
			steps = append(steps, progressStep{Do: "timer", For: fmt.Sprintf("%dms", 1+r.IntN(400))})
		case k == 8:
			steps = append(steps, progressStep{Do: "signal", Name: "go-" + tag})
		default:
			steps = append(steps, progressStep{Do: "child", Steps: drawSteps(r, name+"/"+tag, 1+r.IntN(3), false)})
		}
	}
	return steps
}
