// Package canary begins, changes, promotes and aborts canaries, alone and within deployments, while
// runs start that have children and go on as new ones, and that sometimes fail.
//
// Its checker knows from answers and from the stream of events when which type had which canary,
// and recounts everything else: who got which version, and what became of the runs. Begin with
// check.go.
package canary

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	types []load.Type

	mu      sync.Mutex
	starts  []op.Op // that may have happened
	unknown []op.Op // changes
}

// Few versions, so that canaries go back and forth, and ids that are used again: an id has the same
// lot as long as a canary lasts.
const (
	name         = "canary"
	typeCount    = 2
	versionCount = 3
	idCount      = 400
	mostStarts   = 3000
)

// source is a run that has a child, goes on as a new run, and fails if it is told to. Its child
// goes on, too; each of them is drawn for, by the root of the tree.
const source = `
def run(ctx, input):
    if input.get("kid"):
        ctx.child("%s", input={"more": 1}, version="routed")
    if input.get("sleep"):
        ctx.sleep("50ms")
    if input.get("more"):
        ctx.continue_as_new({"more": input["more"] - 1, "kid": input.get("kid"), "fail": input.get("fail")})
    if input.get("fail"):
        fail("as told")
    return "v%d %x"
`

// arguments is Op.Value.
type arguments struct {
	Type    string              `json:"type"`
	Input   json.RawMessage     `json:"input,omitempty"`   // start
	Version int                 `json:"version,omitempty"` // set, deploy
	Canary  *wire.CanaryRequest `json:"canary,omitempty"`  // set, deploy
	Poison  bool                `json:"poison,omitempty"`  // deploy: one more change, which must be refused
}

func (w *Workload) Name() string { return name }

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: name, F: f, Key: key, Value: value}
}

// Setup waits for level 2, from which on deployments begin canaries, and loads all versions of each
// type; the first one is routed.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	if _, err := load.ReachLevel(ctx, e, name, 2); err != nil {
		return err
	}
	for i := range typeCount {
		typ := fmt.Sprintf("canary%d", i)
		t, err := load.NewType(typ, versionCount, func(v int) string { return fmt.Sprintf(source, typ, v, r.Uint64()) })
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
		for v := range t.Versions {
			o := newOp("load", typ, arguments{Type: typ, Version: v})
			o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), fmt.Sprintf("canary-setup-%s-%d", typ, v)
			if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
				return errors.Join(err, fmt.Errorf("load %s: %s", typ, o.Error))
			}
		}
	}
	return nil
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.Pace(ctx); n++ {
				o := w.choose(r, i, n)
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

// note records what Resolve has to come back to.
func (w *Workload) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case o.F == "start" && o.Outcome != op.Refused:
		w.starts = append(w.starts, o)
	case o.F != "start" && o.F != "look" && o.Outcome == op.Unknown:
		w.unknown = append(w.unknown, o)
	}
}

// choose draws an operation. Most are starts: a canary needs some before it ends itself.
func (w *Workload) choose(r *rand.Rand, caller, n int) op.Op {
	t := w.types[r.IntN(len(w.types))]
	request := fmt.Sprintf("canary-%d-%d", caller, n)
	k := r.IntN(100)
	w.mu.Lock()
	full := len(w.starts) >= mostStarts
	w.mu.Unlock()
	if k < 72 && full {
		k = 99
	}
	if k < 72 {
		input, _ := json.Marshal(map[string]any{"kid": r.IntN(2) == 0, "more": r.IntN(3), "fail": r.IntN(8) == 0, "sleep": r.IntN(4) == 0})
		o := newOp("start", fmt.Sprintf("%s-%d", t.Name, r.IntN(idCount)), arguments{Type: t.Name, Input: input})
		o.Request = request
		return o
	}
	f, ask := "look", arguments{Type: t.Name}
	switch {
	case k < 82:
		f = "set"
	case k < 87:
		f = "deploy"
		ask.Poison = r.IntN(2) == 0
	case k < 89:
		f = "promote"
	case k < 92:
		f = "abort"
	}
	if f == "set" || f == "deploy" {
		ask.Version = r.IntN(versionCount)
		ask.Canary = &wire.CanaryRequest{Version: t.Versions[ask.Version], Share: []string{"0%", "10%", "30%", "50%", "80%", "100%"}[r.IntN(6)]}
		if r.IntN(2) == 0 {
			ask.Canary.AbortFailures = 1 + r.Uint64N(4)
		}
		if r.IntN(2) == 0 {
			ask.Canary.PromoteAfter = 5 + r.Uint64N(30)
		}
		if f == "set" && r.IntN(3) == 0 { // of the canary there is
			ask.Canary.Version = ""
		}
	}
	o := newOp(f, t.Name, ask)
	if f != "look" {
		o.Request = request
	}
	return o
}

// call makes an operation.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	t := w.types[slices.IndexFunc(w.types, func(t load.Type) bool { return t.Name == ask.Type })]
	key := client.RequestID(o.Request)
	switch o.F {
	case "start":
		a, err := c.Start(ctx, wire.StartRequest{Type: ask.Type, WorkflowID: o.Key, Input: ask.Input}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := c.Load(ctx, t.Archives[ask.Version], wire.LoadOptions{NoRoute: ask.Version > 0}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "set":
		a, err := c.SetCanary(ctx, t.Name, *ask.Canary, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "deploy":
		return w.deploy(ctx, c, o, ask)
	case "promote":
		a, err := c.PromoteCanary(ctx, t.Name, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "abort":
		a, err := c.AbortCanary(ctx, t.Name, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "look":
		a, err := c.Canaries(ctx, client.Stale())
		if err == nil {
			o.Index = a.Index
			o.Answer, err = json.Marshal(a)
		}
		return err
	}
	return fmt.Errorf("load: canary has no operation %q", o.F)
}

// deploy begins or changes canaries of all types in one deployment. Its answer is those of the
// canaries.
func (w *Workload) deploy(ctx context.Context, c *client.Client, o *op.Op, ask arguments) error {
	var d wire.Deployment
	for _, t := range w.types {
		d.Changes = append(d.Changes, wire.Change{
			Op: "canary", Type: t.Name, Version: t.Versions[ask.Version], Share: ask.Canary.Share, AbortFailures: ask.Canary.AbortFailures, PromoteAfter: ask.Canary.PromoteAfter,
		})
	}
	if ask.Poison {
		d.Changes = append(d.Changes, wire.Change{Op: "route", Type: "nobody", Version: w.types[0].Versions[0]})
	}
	a, err := c.Deploy(ctx, d, client.RequestID(o.Request))
	if err != nil {
		return load.Told(o, nil, err, nil)
	}
	o.Answered(a.Answered)
	o.Answer, err = json.Marshal(a.Changes)
	return err
}
