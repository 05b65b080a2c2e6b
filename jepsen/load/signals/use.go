// Package signals sends numbered signals to runs that record all of them and sometimes continue as
// new. Senders are callers over HTTP, and other runs with ctx.signal_workflow. A sender counts from
// 0 and does not send the next signal before it has an answer. After an unknown outcome it
// continues under another name, so that the order of every name's signals is the order of their
// numbers.
//
// It never judges how fast a signal arrives. Begin with source, which every target executes;
// inbox.go covers runs that close while they are sent signals.
package signals

import (
	"context"
	"encoding/json"
	"fmt"
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

	mu      sync.Mutex
	senders []string // workflow ids of sending runs
	inboxes []string // workflow ids
}

const source = `
def run(ctx, input):
    if input["hold"]:
        ctx.sleep("250ms")
        ctx.continue_as_new({"seen": [], "every": input["every"], "hold": input["hold"] - 1})
    seen = list(input["seen"])
    for i in range(input["every"]):
        s = ctx.signal("n")
        if s == "stop":
            return seen
        seen.append(s)
    ctx.continue_as_new({"seen": seen, "every": input["every"], "hold": 0})
`

const senderSource = `
def run(ctx, input):
    for i in range(input["count"]):
        ctx.signal_workflow(input["to"], "n", "%s#%d" % (ctx.info.workflow_id, i))
        if i % input["burst"] == input["burst"] - 1:
            ctx.sleep(input["nap"])
    return input["count"]
`

// sendersAsk is the input of a sending run.
type sendersAsk struct {
	To    string `json:"to"`
	Count int    `json:"count"`
	Burst int    `json:"burst"`
	Nap   string `json:"nap"`
}

// targetCount is the number of targets.
const targetCount = 3

func targetID(i int) string { return fmt.Sprintf("signals-%d", i%targetCount) }

func (w *Workload) Name() string { return "signals" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if err := load.Deploy(ctx, e, load.Package{Type: "signals", Source: source}, load.Package{Type: "sender", Source: senderSource}, load.Package{Type: "inbox", Source: inboxSource}); err != nil {
		return err
	}
	for i := range targetCount {
		input, _ := json.Marshal(map[string]any{"seen": []string{}, "every": 15 + 10*i, "hold": 20 * i})
		id := targetID(i)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "signals", F: "target", Key: id, Value: input, Request: "target-" + id, Node: e.Cluster.Names()[0]}, runs.Start("signals"))
		if err != nil || o.Outcome != op.OK {
			return fmt.Errorf("start %s: %s %w", id, o.Error, err)
		}
	}
	return nil
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			name, next, to := fmt.Sprintf("s%d.0", i), 0, targetID(i)
			for n := 0; e.Pace(ctx); n++ {
				var o op.Op
				if n%25 == 24 {
					id := fmt.Sprintf("sender-%d-%d", i, n)
					input, _ := json.Marshal(sendersAsk{To: targetID(r.IntN(targetCount)), Count: 1 + r.IntN(12), Burst: 1 + r.IntN(4), Nap: fmt.Sprintf("%dms", 1+r.IntN(200))})
					o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "signals", F: "start", Key: id, Value: input, Request: "start-" + id, Node: e.AnyNode(r)}, runs.Start("sender"))
					if o.Outcome == op.OK || o.Outcome == op.Unknown {
						w.mu.Lock()
						w.senders = append(w.senders, id)
						w.mu.Unlock()
					}
					continue
				}
				if n%25 == 12 {
					p = w.fillInbox(ctx, e, p, fmt.Sprintf("inbox-%d-%d", i, n), uint64(10_000*(i+1)+10*n))
					continue
				}
				said, _ := json.Marshal(fmt.Sprintf("%s#%d", name, next))
				o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "signals", F: "signal", Key: to, Value: said, Request: fmt.Sprintf("%s-%d", name, next), Node: e.AnyNode(r)}, sendSignal)
				next++
				if o.Outcome == op.Unknown {
					name, next, to = fmt.Sprintf("s%d.%d", i, n+1), 0, targetID(r.IntN(targetCount))
				}
			}
		})
	}
	callers.Wait()
}

// sendSignal sends o.Value to the run o.Key.
func sendSignal(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "n", o.Value, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
	}
	return err
}

// Resolve repeats what is unknown, waits for the sending runs, tells the targets to stop, and reads
// what they saw.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	if err := load.Each(w.senders, 16, func(_ int, id string) error {
		_, err := runs.Conclude(ctx, e, "signals", wire.RunRef{WorkflowID: id}, waits)
		return err
	}); err != nil {
		return err
	}
	if err := w.emptyInboxes(ctx, e, waits); err != nil {
		return err
	}
	targets := make([]string, targetCount)
	return load.Each(targets, targetCount, func(i int, _ string) error {
		id := targetID(i)
		o := op.Op{Process: e.Record.Process(), Workload: "signals", F: "stop", Key: id, Value: json.RawMessage(`"stop"`), Request: "stop-" + id, Node: e.AnyNode(e.Rand(uint64(i)))}
		if _, err := e.Insist(ctx, o, sendSignal); err != nil {
			return err
		}
		_, err := runs.Conclude(ctx, e, "signals", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}
