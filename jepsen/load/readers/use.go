// Package readers reads everything that can be read while it changes. Half of the callers write
// (write.go). The other half reads through all nodes, linearizably, stale, and stale from an index
// on (look.go). Streams are followed, interrupted and resumed (stream.go). Reads are compared with
// what had been acknowledged before, what was requested until then, and what the cluster reports at
// the end (check.go).
//
// A diary is a run that is sent a known number of signals and counts them: its history has one
// event for its start, one for each signal, and one for its end. It draws a number when it begins,
// which every replay of it must draw again.
//
// Backtests (backtest.go) replay diaries on their own code, and on code that asks for something
// else.
//
// It never judges the answers of writers, only those of readers. Begin with Workload.Run; check.go
// collects the reads, judge.go judges them.
package readers

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

	mu      sync.Mutex // guards the fields below
	diaries []string   // those whose start was acknowledged
	newest  []written  // the newest acknowledged changes of diaries
}

// written is an acknowledged change of a diary, and the index of its answer.
type written struct {
	diary string
	index uint64
}

const diarySource = `
def run(ctx, input):
    state = {"n": 0, "drawn": ctx.random()}
    ctx.on_query("n", lambda: state["n"])
    ctx.on_query("drawn", lambda: state["drawn"])
    for i in range(input["count"]):
        ctx.signal("entry")
        state["n"] += 1
    return state["n"]
`

// otherSource asks in its first turn for something that a diary does not ask for.
const otherSource = `
def run(ctx, input):
    ctx.set_attributes({"other": True})
    for i in range(input["count"]):
        ctx.signal("entry")
    return input["count"]
`

const quickSource = `
def run(ctx, input):
    return input
`

// tailCount is how many event streams are followed at a time, each at another node.
const tailCount = 3

func (w *Workload) Name() string { return "readers" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if err := load.Deploy(ctx, e, load.Package{Type: "diary", Source: diarySource}, load.Package{Type: "quick", Source: quickSource}); err != nil {
		return err
	}
	return load.Each(make([]struct{}, writersOf(e)), 8, func(i int, _ struct{}) error {
		s := wire.ScheduleSpec{ScheduleID: fmt.Sprintf("past-%d", i), Type: "quick", Every: "1m", Overlap: "allow_all", Paused: true}
		value, _ := json.Marshal(s)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "readers", F: "create", Key: s.ScheduleID, Value: value, Request: "create-" + s.ScheduleID, Node: e.Cluster.Names()[0]},
			func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.CreateSchedule(ctx, s, client.RequestID(o.Request))
				if err == nil {
					o.Answered(a.Answered)
				}
				return err
			})
		if err == nil && o.Outcome != op.OK {
			err = fmt.Errorf("create %s: %s", s.ScheduleID, o.Error)
		}
		return err
	})
}

// writersOf returns how many callers write: at least one, while at least one reads.
func writersOf(e *load.Env) int { return max(1, e.Concurrency/2) }

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	for i := range writersOf(e) {
		all.Go(func() { w.write(ctx, e, i, &all) })
	}
	for i := range max(1, e.Concurrency-writersOf(e)) {
		all.Go(func() { w.read(ctx, e, i) })
	}
	for i := range tailCount {
		all.Go(func() { w.tail(ctx, e, i) })
	}
	all.Wait()
}

// op creates a read.
func (w *Workload) op(e *load.Env, f, key, node string, value any) op.Op {
	o := op.Op{Process: e.Record.Process(), Workload: "readers", F: f, Key: key, Node: node}
	if value != nil {
		o.Value, _ = json.Marshal(value)
	}
	return o
}

// startQuick starts a run that ends at once, and waits for its result.
func startQuick(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.StartAndWait(ctx, wire.StartRequest{Type: "quick", WorkflowID: o.Key, Input: o.Value}, 8*time.Second, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, _ = json.Marshal(a)
	}
	return err
}
