// Package children starts trees of runs, up to four levels deep, and cancels, terminates, fails,
// completes and continues random ones of them from outside, while the route of their type changes
// back and forth. Every child exists once, its parent is told of its end once, and a parent that
// closes treats its children by the policy with which they were started.
//
// It never checks what the code of a run computes, only which run started, asked and told which
// other. Begin with source, which every run of a tree executes; check.go judges how runs began,
// child.go how they ended.
package children

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	archives [][]byte
	versions []string

	mu      sync.Mutex
	starts  []op.Op // of roots, acknowledged or unknown
	unknown []op.Op // other changes with unknown outcomes
	names   []string
}

// mostTrees bounds what must be read back at the end: a tree has about eight runs.
const mostTrees = 300

const pace = 30 * time.Millisecond

const source = `
MARK = %d # %x

def run(ctx, input):
    kids = []
    for k in input.get("kids") or []:
        kids.append(ctx.start_child("tree", k["input"], id = k.get("id"), version = k["version"], on_parent_close = k["policy"], on_cancel = k["on_cancel"]))
    if input.get("mode") == "await":
        for k in kids:
            k.outcome()
    elif input.get("mode") == "drop" and kids:
        ctx.sleep("10ms")
        kids[0].cancel()
    if input.get("guard"):
        ctx.sleep(input["guard"], on_cancel = "ignore")
    end = input["end"]
    if input.get("stubborn"):
        word = ctx.start_signal("do", timeout = input["nap"]).outcome()
        if word.ok:
            end = word.value["do"]
    else:
        word = ctx.signal("do", timeout = input["nap"])
        if word != None:
            end = word["do"]
    if end == "fail":
        fail("as asked")
    if end == "again":
        ctx.continue_as_new({"nap": input["nap"], "end": "complete"})
    return {"mark": MARK, "of": ctx.info.run_id}
`

// treeInput tells a run what to do: it starts its children, handles them as mode says, sleeps as
// long as guard, waits for a signal for as long as nap, and ends.
type treeInput struct {
	Kids     []treeKid `json:"kids,omitempty"`
	Mode     string    `json:"mode,omitempty"`  // "await" their ends, or "drop": give the first one up
	Guard    string    `json:"guard,omitempty"` // no request to end cuts it short; longer than all other sleeps
	Nap      string    `json:"nap"`
	End      string    `json:"end"`                // complete, fail, again
	Stubborn bool      `json:"stubborn,omitempty"` // goes on when it is cancelled
}

type treeKid struct {
	ID      string    `json:"id,omitempty"`
	Version string    `json:"version"`
	Policy  string    `json:"policy"`
	Cancel  string    `json:"on_cancel"`
	Input   treeInput `json:"input"`
}

// arguments is Op.Value.
type arguments struct {
	Input   *treeInput `json:"input,omitempty"` // of a start
	Do      string     `json:"do,omitempty"`    // of a signal
	Version int        `json:"version"`         // of a load or route
}

func (w *Workload) Name() string { return "children" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	for v := range 2 {
		archive, version, err := load.Package{Type: "tree", Source: fmt.Sprintf(source, v, r.Uint64())}.Pack()
		if err != nil {
			return err
		}
		w.archives, w.versions = append(w.archives, archive), append(w.versions, version)
		o := newOp("load", "tree", arguments{Version: v})
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), fmt.Sprintf("children-setup-%d", v)
		if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
			return errors.Join(err, fmt.Errorf("load tree: %s", o.Error))
		}
	}
	return nil
}

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "children", F: f, Key: key, Value: value}
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pace); n++ {
				o := w.choose(r, fmt.Sprintf("tree-%d-%d", i, n))
				o.Process, o.Node = p, e.AnyNode(r)
				if o = e.Call(ctx, o, w.call); o.Outcome == op.Unknown {
					p = e.Record.Process()
				}
				w.note(o)
			}
		})
	}
	callers.Wait()
}

func (w *Workload) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case o.F == "start" && (o.Outcome == op.OK || o.Outcome == op.Unknown):
		w.starts = append(w.starts, o)
	case o.Outcome == op.Unknown:
		w.unknown = append(w.unknown, o)
	}
}

// choose draws an operation.
func (w *Workload) choose(r *rand.Rand, name string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := r.IntN(100)
	if k < 25 && len(w.starts) < mostTrees || len(w.names) == 0 {
		o := newOp("start", name, arguments{})
		in := w.tree(r, name, 3)
		o.Value, _ = json.Marshal(arguments{Input: &in})
		o.Request = name
		w.names = append(w.names, name)
		return o
	}
	who := w.names[max(0, len(w.names)-40):] // older ones have probably ended
	o := newOp("signal", who[r.IntN(len(who))], arguments{Do: []string{"complete", "fail", "again"}[r.IntN(3)]})
	switch {
	case k < 50:
		o = newOp("cancel", o.Key, arguments{})
	case k < 65:
		o = newOp("terminate", o.Key, arguments{})
	case k < 70:
		o = newOp("route", "tree", arguments{Version: r.IntN(2)})
	}
	o.Request = "do-" + name
	return o
}

// tree draws a run and what is below it. It is called with mu held.
func (w *Workload) tree(r *rand.Rand, name string, levels int) treeInput {
	in := treeInput{Nap: fmt.Sprintf("%dms", 1+r.IntN(2000)), End: []string{"complete", "complete", "complete", "fail", "again"}[r.IntN(5)], Stubborn: r.IntN(4) == 0, Mode: []string{"", "", "await", "drop"}[r.IntN(4)]}
	if r.IntN(3) == 0 {
		in.Guard = fmt.Sprintf("%dms", 20+r.IntN(480))
	}
	kids := 1 + r.IntN(4)
	if levels < 3 {
		kids = r.IntN(levels + 1)
	}
	for i := range kids {
		kid := treeKid{Version: []string{"parent", "routed"}[r.IntN(2)], Policy: []string{"terminate", "cancel", "abandon"}[r.IntN(3)], Cancel: []string{"wait", "wait", "wait", "abandon", "ignore"}[r.IntN(5)]}
		below := fmt.Sprintf("%s.%d", name, i)
		kid.Input = w.tree(r, below, levels-1)
		switch r.IntN(20) {
		case 0, 1, 2: // an id that may be in use: of a run that may be open, or of a later one
			if recent := w.names[max(0, len(w.names)-20):]; len(recent) > 0 {
				kid.ID = recent[r.IntN(len(recent))]
			}
		case 3, 4, 5, 6: // an id made by the cluster
		default:
			kid.ID = below
			w.names = append(w.names, below)
		}
		in.Kids = append(in.Kids, kid)
	}
	return in
}

// call makes an operation. Requests are in reasons and payloads, so that their effects can be
// found.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	key, ref := client.RequestID(o.Request), wire.RunRef{WorkflowID: o.Key}
	run := func(a *wire.RunAnswer, err error) error {
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
	switch o.F {
	case "load":
		a, err := c.Load(ctx, w.archives[ask.Version], wire.LoadOptions{}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "route":
		a, err := c.Route(ctx, "tree", wire.RouteRequest{Version: w.versions[ask.Version]}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "start":
		input, _ := json.Marshal(ask.Input)
		a, err := c.Start(ctx, wire.StartRequest{Type: "tree", WorkflowID: o.Key, Input: input}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		payload, _ := json.Marshal(map[string]string{"do": ask.Do, "request": o.Request})
		return run(c.Signal(ctx, ref, "do", payload, key))
	case "cancel":
		return run(c.Cancel(ctx, ref, o.Request, key))
	case "terminate":
		return run(c.Terminate(ctx, ref, o.Request, key))
	}
	return fmt.Errorf("load: children has no operation %q", o.F)
}
