// Package idempotency sends every kind of change several times under one request id, through
// different nodes, concurrently and one after another, sometimes long afterwards, and sometimes
// with another body. Each request must have one effect and one answer, and a refusal stays a
// refusal even if the state has changed since.
//
// It never judges what a change should answer, only that it has a single answer. Begin with
// Workload.send; check.go compares the answers to one request with each other, effects.go with the
// effects.
package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	types  []load.Type
	mu     sync.Mutex
	cases  []op.Op  // the first operation of each request
	runs   []string // workflow ids
	starts int
}

// mostIdle bounds the runs whose histories are read at the end, mostRepeats the requests that are
// sent once more then.
const (
	mostIdle    = 250
	mostRepeats = 600
	pace        = 60 * time.Millisecond
)

const idleSource = `
def run(ctx, input):
    ctx.signal("end")
    return input
`

const briefSource = `
def run(ctx, input):
    return input
`

// arguments is Op.Value. N is the content: the number of a version, or a value to set.
type arguments struct {
	N     int  `json:"n"`
	Other bool `json:"other,omitempty"` // the same request id with another body, or for another object
	Batch bool `json:"batch,omitempty"` // of a start: in one call with others
}

func (w *Workload) Name() string { return "idempotency" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if err := load.Deploy(ctx, e, load.Package{Type: "idle", Source: idleSource}, load.Package{Type: "brief", Source: briefSource}); err != nil {
		return err
	}
	r := e.Rand(1)
	for i := range 3 {
		t, err := load.NewType(fmt.Sprintf("idem%d", i), 3, func(v int) string {
			return fmt.Sprintf("def run(ctx, input):\n    return %d # %x\n", v, r.Uint64())
		})
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
	}
	for i := range 2 {
		o := newOp("create", fmt.Sprintf("trigger%d", i), arguments{})
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), "idem-setup-"+o.Key
		if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
			return errors.Join(err, fmt.Errorf("schedule %s: %s", o.Key, o.Error))
		}
	}
	return nil
}

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "idempotency", F: f, Key: key, Value: value}
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r := e.Rand(uint64(100 + i))
			for n := 0; e.PaceOr(ctx, pace); n++ {
				o, old := w.choose(r, fmt.Sprintf("idem-%d-%d", i, n))
				o = w.send(ctx, e, r, o, old)
				w.mu.Lock()
				if !old || o.Outcome == op.Unknown {
					w.cases = append(w.cases, o)
				}
				if o.F == "start" && o.Outcome == op.OK {
					var a wire.StartAnswer
					json.Unmarshal(o.Answer, &a)
					w.runs = append(w.runs, a.WorkflowID)
				}
				w.mu.Unlock()
			}
		})
	}
	callers.Wait()
}

// send makes a request 2 to 5 times, and sometimes another one under its id. It returns an attempt
// with a known outcome if there is one; Resolve has to come back to the others.
func (w *Workload) send(ctx context.Context, e *load.Env, r *rand.Rand, o op.Op, old bool) op.Op {
	copies := 2 + r.IntN(4)
	if old {
		copies = 1 + r.IntN(2)
	}
	first := r.IntN(3) // how many of them are sent one after another
	if r.IntN(3) == 0 {
		first = copies
	}
	names := e.Cluster.Names()
	at := r.IntN(len(names))
	tries := make([]op.Op, copies)
	try := func(i int) {
		c := e.Repeated(o)
		c.Node, c.Repeat = names[(at+i)%len(names)], old || i > 0
		tries[i] = e.Call(context.WithoutCancel(ctx), c, w.call)
	}
	var together sync.WaitGroup
	for i := range copies {
		if i < first {
			try(i)
		} else {
			together.Go(func() { try(i) })
		}
	}
	together.Wait()
	known := slices.IndexFunc(tries, func(t op.Op) bool { return logged(&t) })
	if known < 0 {
		return tries[max(0, slices.IndexFunc(tries, func(t op.Op) bool { return t.Outcome == op.Unknown }))]
	}
	if r.IntN(4) == 0 {
		var ask arguments
		json.Unmarshal(o.Value, &ask)
		ask.Other = true
		c := e.Repeated(o)
		c.Value, _ = json.Marshal(ask)
		c.Node = names[r.IntN(len(names))]
		e.Call(context.WithoutCancel(ctx), c, w.call)
	}
	return tries[known]
}

// logged reports whether the state machine gave an answer, which it then remembers. Refusals before
// the log have no index.
func logged(o *op.Op) bool {
	return (o.Outcome == op.OK || o.Outcome == op.Refused) && o.Index > 0
}

// choose draws a change, or one that was made before.
func (w *Workload) choose(r *rand.Rand, name string) (o op.Op, old bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.cases) > 10 && r.IntN(6) == 0 {
		return w.cases[r.IntN(len(w.cases))], true
	}
	ask := arguments{N: 1 + r.IntN(1000)}
	defer func() { o.Request = name }()
	one := func(names ...string) string { return names[r.IntN(len(names))] }
	switch k := r.IntN(100); {
	case k < 30:
		ask.N = r.IntN(3)
		return newOp(one("load", "load", "route", "route", "rollback", "unload"), w.types[r.IntN(len(w.types))].Name, ask), false
	case k < 42 && w.starts < mostIdle || len(w.runs) == 0:
		w.starts++
		ask.Batch = r.IntN(3) == 0
		return newOp("start", one("", name, name, "idem-shared"), ask), false
	case k < 75:
		recent := w.runs[max(0, len(w.runs)-20):]
		return newOp(one("signal", "signal", "end", "cancel", "terminate", "pause", "pause", "resume", "resume", "reopen", "reopen"), recent[r.IntN(len(recent))], ask), false
	case k < 82:
		return newOp("trigger", fmt.Sprintf("trigger%d", r.IntN(2)), ask), false
	case k < 90:
		return newOp(one("create", "replace", "delete"), fmt.Sprintf("schedule%d", r.IntN(3)), ask), false
	case k < 95:
		return newOp("limit", fmt.Sprintf("queue%d", r.IntN(3)), ask), false
	}
	return newOp(one("retain", "retain", "forget"), fmt.Sprintf("kept%d", r.IntN(3)), ask), false
}
