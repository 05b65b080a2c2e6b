// Package workers gives tasks of every kind to worker processes that speak the protocol by hand:
// attempts that fail, are late, silent, forgotten, returned, given up, or run into their time
// limit, under retry policies, on queues with and without limits. The processes are killed, frozen
// around the end of leases, and cut off.
//
// It never uses transport/worker; the workload progress would find its mistakes. Begin with chore,
// one step of a run; step.go judges one, limits.go the limits of queues, and book.go holds the
// workers' ledger.
package workers

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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
	runs []string
}

const source = `
def begin(ctx, t):
    return ctx.start_activity("chore", t["order"], queue = t["queue"], **t["terms"])

def run(ctx, input):
    futures = [begin(ctx, t) for t in input["tasks"]]
    for i, t in enumerate(input["tasks"]): # before waiting for others: what lingers holds a worker until it is given up
        if t["give_up"]:
            ctx.sleep(t["give_up"])
            futures[i].cancel()
    out = []
    for f in futures:
        o = f.outcome()
        out.append({"value": o.value} if o.ok else {"kind": o.error.kind})
    return out
`

// chore is one activity of a run.
type chore struct {
	Queue  string       `json:"queue"`
	Order  worker.Order `json:"order"`
	Terms  choreTerms   `json:"terms"`
	GiveUp string       `json:"give_up"` // when its code cancels it; empty = never
}

type choreTerms struct {
	Retry     *choreRetry `json:"retry,omitempty"`
	Timeout   string      `json:"timeout,omitempty"`
	Heartbeat string      `json:"heartbeat,omitempty"`
	OnCancel  string      `json:"on_cancel,omitempty"`
}

type choreRetry struct {
	MaxAttempts  int      `json:"max_attempts"`
	Backoff      string   `json:"backoff"`
	Factor       int      `json:"factor"`
	MaxBackoff   string   `json:"max_backoff"`
	NonRetryable []string `json:"non_retryable"`
}

type choresInput struct {
	Tasks []chore `json:"tasks"`
}

// conditions apply to the whole run; they are in the history, as the value of the operation
// "terms".
type conditions struct {
	Lease  string                      `json:"lease"` // of every worker
	Queues map[string]wire.QueueLimits `json:"queues"`
	Began  int64                       `json:"began"` // zero of the history's clock, nanoseconds since 1970
}

const leaseOfWorkers = time.Second

func (w *Workload) Name() string { return "workers" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if err := load.Deploy(ctx, e, load.Package{Type: "chores", Source: source, Activities: []string{"chore"}}); err != nil {
		return err
	}
	terms := conditions{
		Lease: leaseOfWorkers.String(), Began: e.Record.Began().UnixNano(),
		Queues: map[string]wire.QueueLimits{"free": {}, "tight": {Concurrency: new(uint64(3))}, "narrow": {Concurrency: new(uint64(5))}, "rated": {Rate: "10/s", Burst: 3}, "quick": {Rate: "25/s", Burst: 6}},
	}
	for _, name := range slices.Sorted(maps.Keys(terms.Queues)) {
		limits := terms.Queues[name]
		value, _ := json.Marshal(limits)
		o := op.Op{Process: e.Record.Process(), Workload: "workers", F: "limit", Key: name, Value: value, Request: "limit-" + name, Node: e.Cluster.Names()[0]}
		if o, err := e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.LimitQueue(ctx, name, limits, client.RequestID(o.Request))
			if err == nil {
				o.Answered(a.Answered)
			}
			return err
		}); err != nil || o.Outcome != op.OK {
			return fmt.Errorf("limit queue %s: %s %w", name, o.Error, err)
		}
	}
	value, _ := json.Marshal(terms)
	e.Record.Do(op.Op{Workload: "workers", F: "terms", Value: value}, func(*op.Op) error { return nil })
	queues := []string{"free", "free", "tight", "tight", "narrow", "rated", "quick"}
	var err error
	w.fleet, err = fleet.New(e, "workers", len(queues), func(i int, c *worker.Config) {
		c.Queue, c.Activities, c.Lease, c.Slots = queues[i], []string{"chore"}, leaseOfWorkers, 8
	})
	return err
}

// Close kills the workers.
func (w *Workload) Close() error { return w.fleet.Close() }

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() { w.fleet.Hurt(ctx, e.Rand(uint64(98+i))) })
	}
	for i := range e.Concurrency {
		all.Go(func() { w.caller(ctx, e, i) })
	}
	all.Wait()
}

// openChores is how many open runs one caller has. A few workers with narrow queues must finish
// what is open when the faults end.
const openChores = 2

func (w *Workload) caller(ctx context.Context, e *load.Env, i int) {
	r, p := e.Rand(uint64(100+i)), e.Record.Process()
	var open []string
	for n := 0; e.Pace(ctx); n++ {
		id := fmt.Sprintf("chores-%d-%d", i, n)
		input, _ := json.Marshal(drawChores(r, id))
		ask := op.Op{Process: p, Workload: "workers", F: "start", Key: id, Value: input, Request: "start-" + id, Node: e.AnyNode(r)}
		var o op.Op
		o, p = w.requests.Do(ctx, e, ask, runs.Start("chores"))
		if o.Outcome != op.OK && o.Outcome != op.Unknown {
			continue
		}
		// A caller repeats a start until it knows the outcome. Otherwise every second without a
		// leader would leave hundreds of runs that all begin when the starts are repeated, more
		// than the workers can do in the runs' time.
		for o.Outcome == op.Unknown && e.Pace(ctx) {
			ask.Process, ask.Node, ask.Repeat = p, e.AnyNode(r), true
			if o = e.Call(ctx, ask, runs.Start("chores")); o.Outcome == op.Unknown {
				p = e.Record.Process()
			} else if o.Outcome == op.Failed {
				o.Outcome = op.Unknown // this attempt did not happen; the first one may have
			}
		}
		w.mu.Lock()
		w.runs = append(w.runs, id)
		w.mu.Unlock()
		if o.Outcome == op.OK && r.IntN(12) == 0 {
			_, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "workers", F: "cancel", Key: id, Request: "cancel-" + id, Node: e.AnyNode(r)}, func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Cancel(ctx, wire.RunRef{WorkflowID: id}, "jepsen", client.RequestID(o.Request))
				if err == nil {
					o.Answered(a.Answered)
				}
				return err
			})
		}
		if open = append(open, id); len(open) < openChores {
			continue
		}
		for closed := false; !closed && e.Pace(ctx); {
			o := e.Call(ctx, op.Op{Process: p, Workload: "workers", F: "wait", Key: open[0], Node: e.AnyNode(r)}, func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Result(ctx, wire.RunRef{WorkflowID: o.Key}, 5*time.Second)
				if err == nil {
					o.Index, closed = a.Index, !wire.Open(a.Status)
				}
				return err
			})
			closed = closed || o.Outcome == op.Refused // its start was refused at the end
		}
		open = open[1:]
	}
}

// drawChores draws the activities of a run.
func drawChores(r *rand.Rand, id string) choresInput {
	var in choresInput
	for i := range 1 + r.IntN(4) {
		queue := []string{"free", "free", "free", "tight", "narrow", "rated", "quick"}[r.IntN(7)]
		c := chore{Queue: queue, Order: worker.Order{Plan: []string{worker.Do}, Work: r.IntN(200), Beat: []int{0, 100}[r.IntN(2)], Tag: fmt.Sprintf("%s/%d", id, i)}}
		retry := &choreRetry{MaxAttempts: 2 + r.IntN(3), Backoff: fmt.Sprintf("%dms", 50+r.IntN(200)), Factor: 2, MaxBackoff: "500ms", NonRetryable: []string{worker.Fatal}}
		plan := func(work int, does ...string) { c.Order.Plan, c.Order.Work = does, work }
		if r.IntN(3) == 0 {
			c.Terms.Heartbeat = []string{"800ms", "3s"}[r.IntN(2)] // shorter than the workers' lease, or longer
		}
		switch r.IntN(12) {
		case 0:
			plan(20, worker.Fail, worker.Fail, worker.Do)
			c.Terms.Retry = retry
		case 1:
			plan(20, worker.Fail)
			c.Terms.Retry = retry
		case 2:
			plan(20, worker.Fail, worker.Fatal)
			c.Terms.Retry = retry
		case 3:
			plan(1100+r.IntN(1500), worker.Late, worker.Return, worker.Fail, worker.Do)
			c.Order.Beat, c.Terms.Retry = 150, retry // only the late attempt is silent
		case 4:
			plan(50, worker.Drop, worker.Do)
			if r.IntN(2) == 0 { // its worker forgets it
				plan(50, worker.Drop)
				retry.MaxAttempts, c.Terms.Retry = 2, retry
			}
		case 5:
			plan(50, worker.Return, worker.Return, worker.Do)
		case 6:
			plan(700, worker.Do) // heartbeats do not help it
			c.Order.Beat, c.Terms.Timeout, c.Terms.Retry = 100, "400ms", retry
		case 7, 8:
			plan(0, worker.Linger)
			c.Order.Beat, c.GiveUp = 150, fmt.Sprintf("%dms", 1+r.IntN(1200))
			c.Terms.OnCancel = []string{"", "wait", "abandon"}[r.IntN(3)]
		case 9:
			plan(2000, worker.Do) // long enough to be killed in the middle
			c.Order.Beat = 150
		}
		in.Tasks = append(in.Tasks, c)
	}
	return in
}
