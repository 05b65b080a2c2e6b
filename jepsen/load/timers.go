package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func init() { workloads["timers"] = func() Workload { return &timers{} } }

// timers starts runs that sleep several times, for random spans, and afterwards reads their histories: no timer fires early, each exactly once, and none is lost.
type timers struct {
	mu  sync.Mutex
	ids []string // of acknowledged starts
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
				o := e.Call(ctx, op.Op{Process: p, Workload: "timers", F: "start", Key: id, Value: input, Request: "t-" + id, Node: e.AnyNode(r)}, startRun("timers"))
				if o.Outcome == op.OK || o.Outcome == op.Unknown {
					w.mu.Lock()
					w.ids = append(w.ids, id)
					w.mu.Unlock()
				}
				if o.Outcome == op.Unknown {
					p = e.Record.Process()
				}
			}
		})
	}
	callers.Wait()
}

// Settle repeats every start that may have happened and reads the history of each run once it is closed.
func (w *timers) Settle(ctx context.Context, e *Env) error {
	return each(w.ids, 16, func(i int, id string) error {
		o := op.Op{Process: e.Record.Process(), Workload: "timers", F: "start", Key: id, Request: "t-" + id, Node: e.AnyNode(e.Rand(uint64(i))), Repeat: true}
		for _, first := range w.firsts(e, id) {
			o.Value = first.Value
		}
		if _, err := e.Insist(ctx, o, startRun("timers")); err != nil {
			return err
		}
		return finish(ctx, e, "timers", id)
	})
}

func (w *timers) firsts(e *Env, id string) (found []op.Op) {
	for _, o := range e.Record.Ops() {
		if o.Key == id && o.F == "start" {
			return []op.Op{o}
		}
	}
	return nil
}

// Check reads the final histories.
func (w *timers) Check(ops []op.Op) (found []Violation) {
	for _, o := range ops {
		if o.Workload != "timers" || o.F != "history" || o.Outcome != op.OK {
			continue
		}
		var h wire.History
		if err := json.Unmarshal(o.Answer, &h); err != nil {
			found = append(found, Violation{Checker: "timers", What: o.Key + ": " + err.Error(), Ops: []int{o.ID}})
			continue
		}
		armed, fired := map[uint64]time.Time{}, map[uint64]int{}
		end := ""
		for _, e := range h.Events {
			var d struct {
				ID     uint64    `json:"id"`
				FireAt time.Time `json:"fire_at"`
			}
			json.NewDecoder(bytes.NewReader(e.Data)).Decode(&d)
			switch e.Type {
			case "TimerStarted":
				armed[d.ID] = d.FireAt
			case "TimerFired":
				fired[d.ID]++
				if at, ok := armed[d.ID]; !ok || e.At.Before(at) {
					found = append(found, Violation{Checker: "timers", What: fmt.Sprintf("%s: timer %d was due at %s and fired at %s", o.Key, d.ID, at, e.At), Ops: []int{o.ID}})
				}
			case "WorkflowCompleted":
				end = e.Type
			}
		}
		if end == "" {
			found = append(found, Violation{Checker: "timers", What: o.Key + " was acknowledged and did not complete", Ops: []int{o.ID}})
		}
		for id := range armed {
			if fired[id] != 1 {
				found = append(found, Violation{Checker: "timers", What: fmt.Sprintf("%s: timer %d fired %d times", o.Key, id, fired[id]), Ops: []int{o.ID}})
			}
		}
	}
	return found
}

// startRun starts a run of the type under o.Key with o.Value as input.
func startRun(typ string) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Start(ctx, wire.StartRequest{Type: typ, WorkflowID: o.Key, Input: o.Value}, client.RequestID(o.Request))
		if err == nil {
			o.Answered(a.Answered)
			o.Answer, _ = json.Marshal(a)
		}
		return err
	}
}

// finish waits for the end of a run and records its history.
func finish(ctx context.Context, e *Env, workload, id string) error {
	for {
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "result", Key: id, Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Result(ctx, wire.RunRef{WorkflowID: id}, 5*time.Second)
			if err == nil {
				o.Answer, _ = json.Marshal(a)
			}
			return err
		})
		if err != nil {
			return err
		}
		var a wire.Result
		if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) == nil && !wire.Open(a.Status) {
			break
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is still %s", id, a.Status)
		}
	}
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "history", Key: id, Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.History(ctx, wire.RunRef{WorkflowID: id}, 1, 1000, 0)
		if err == nil {
			o.Answer, _ = json.Marshal(a)
		}
		return err
	})
	return err
}
