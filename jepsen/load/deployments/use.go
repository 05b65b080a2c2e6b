// Package deployments changes pairs of workflow types in one step: both types of a pair always have
// the same generations loaded, and the same one routed. Callers deploy, swap and unload generations
// of both types in one deployment, often with a condition, and sometimes with a change that must be
// refused; others look at all types at once, freshly and as each node has it.
//
// It never starts a run. Begin with Workload.Run; model.go defines what a pair must do, and Check
// holds every look and every answer against it.
package deployments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	pairs []pair

	acked atomic.Uint64 // the highest acknowledged index

	mu      sync.Mutex
	unknown []op.Op // operations with unknown outcomes
}

// pair is two types that are deployed together.
type pair struct{ left, right load.Type }

const name, generations = "deployments", 3

// arguments describes an operation; it is Op.Value. Generations are numbers from 0; -1 is none.
type arguments struct {
	Generation int    `json:"generation"`
	Expect     *int   `json:"expect,omitempty"` // generation that must be routed
	Poison     bool   `json:"poison,omitempty"` // one more change, which must be refused
	Min        uint64 `json:"min,omitempty"`    // for a stale look: the least index that it must show
}

// seen is what a look shows of one pair: its two types, each for itself.
type seen struct {
	Loaded [2]uint8 `json:"loaded"` // bit g: generation g is loaded
	Routed [2]int   `json:"routed"` // -1 = none
}

func (w *Workload) Name() string { return name }

// Setup deploys the first generation of each pair, once the cluster can. Archives of the others are
// stored when a deployment is told that they are not.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	for i := range 3 * e.Concurrency {
		var p pair
		for side, of := range []*load.Type{&p.left, &p.right} {
			t, err := load.NewType(fmt.Sprintf("pair%d%c", i, "lr"[side]), generations, func(v int) string { return fmt.Sprintf("def run(ctx, input):\n    return %d\n# %x\n", v, r.Uint64()) })
			if err != nil {
				return err
			}
			*of = t
		}
		w.pairs = append(w.pairs, p)
	}
	return load.Each(w.pairs, 8, func(_ int, p pair) error {
		first, _ := json.Marshal(arguments{Generation: 0})
		for _, o := range []op.Op{{F: "store"}, {F: "deploy", Value: first, Request: "pair-setup-" + p.left.Name}} {
			call := w.call(p)
			if o.F == "store" {
				call = func(ctx context.Context, c *client.Client, _ *op.Op) error { return store(ctx, c, p, 0) }
			}
			o.Process, o.Workload, o.Key, o.Node = e.Record.Process(), name, p.left.Name, e.Cluster.Names()[0]
			done, err := e.Insist(ctx, o, call)
			if err != nil {
				return err
			}
			if done.Outcome != op.OK {
				return fmt.Errorf("%s %s: %s", o.F, o.Key, strings.TrimSpace(done.Error))
			}
		}
		return nil
	})
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, process, names := e.Rand(uint64(100+i)), e.Record.Process(), e.Cluster.Names()
			for n := 0; e.Pace(ctx); n++ {
				p := w.pairs[r.IntN(len(w.pairs))]
				o := choose(r, p)
				o.Process, o.Node, o.Request = process, names[i%len(names)], fmt.Sprintf("dep-%x-%d-%d", e.Seed, i, n)
				if i%4 == 3 {
					o.Node = e.AnyNode(r)
				}
				if o = e.Call(ctx, o, w.call(p)); o.Outcome == op.Unknown {
					w.mu.Lock()
					w.unknown = append(w.unknown, o)
					w.mu.Unlock()
					process = e.Record.Process()
				}
			}
		})
	}
	for i, node := range e.Cluster.Names() {
		callers.Go(func() { w.watch(ctx, e, node, e.Rand(uint64(10_000+i))) })
	}
	callers.Wait()
}

// choose draws an operation on a pair.
func choose(r *rand.Rand, p pair) op.Op {
	ask := arguments{Generation: r.IntN(generations)}
	f := "deploy"
	switch k := r.IntN(10); {
	case k < 5:
		ask.Poison = r.IntN(4) == 0
	case k < 8:
		f = "swap"
	default:
		f = "unload"
	}
	if r.IntN(2) == 0 && f != "unload" {
		u := r.IntN(generations)
		ask.Expect = &u
	}
	value, _ := json.Marshal(ask)
	return op.Op{Workload: name, F: f, Key: p.left.Name, Value: value}
}

// lookEvery is the interval between looks at each node.
const lookEvery = 20 * time.Millisecond

// watch looks at all pairs at once through one node, freshly and as it has them itself.
func (w *Workload) watch(ctx context.Context, e *load.Env, node string, r *rand.Rand) {
	p := e.Record.Process()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		f, ask := "look", arguments{Generation: -1}
		if r.IntN(3) > 0 {
			f = "stale"
			if r.IntN(2) == 0 {
				ask.Min = w.acked.Load()
			}
		}
		w.look(ctx, e, op.Op{Process: p, Workload: name, F: f, Node: node}, ask)
	}
}

func (w *Workload) look(ctx context.Context, e *load.Env, o op.Op, ask arguments) op.Op {
	o.Value, _ = json.Marshal(ask)
	return e.Call(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
		var how []client.Option
		if o.F == "stale" {
			how = append(how, client.Stale(), client.MinIndex(ask.Min))
		}
		a, err := c.Versions(ctx, "", how...)
		if err != nil {
			return err
		}
		o.Index = a.Index
		o.Answer, err = json.Marshal(w.sights(a.Versions))
		if err == nil && o.F == "look" {
			w.recordAck(o.Index)
		}
		return err
	})
}

// sights sorts a listing by pair.
func (w *Workload) sights(versions []wire.Version) map[string]seen {
	all := map[string]seen{}
	for _, p := range w.pairs {
		s := seen{Routed: [2]int{-1, -1}}
		for side, t := range []load.Type{p.left, p.right} {
			for _, v := range versions {
				g := slices.Index(t.Versions, v.Version)
				if v.WorkflowType != t.Name || g < 0 {
					continue
				}
				s.Loaded[side] |= 1 << g
				if v.RouteActive {
					s.Routed[side] = g
				}
			}
		}
		all[p.left.Name] = s
	}
	return all
}

// call makes the deployment that an operation is.
func (w *Workload) call(p pair) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		var ask arguments
		if err := json.Unmarshal(o.Value, &ask); err != nil {
			return err
		}
		d := wire.Deployment{}
		if ask.Expect != nil {
			d.Expect = &wire.DeployCondition{Routes: map[string]string{p.left.Name: p.left.Versions[*ask.Expect], p.right.Name: p.right.Versions[*ask.Expect]}}
		}
		for _, t := range []load.Type{p.left, p.right} {
			change := wire.Change{Op: "load", Archive: load.Digest(t.Archives[ask.Generation])}
			switch o.F {
			case "swap":
				change = wire.Change{Op: "route", Type: t.Name, Version: t.Versions[ask.Generation]}
			case "unload":
				change = wire.Change{Op: "unload", Type: t.Name, Version: t.Versions[ask.Generation]}
			}
			d.Changes = append(d.Changes, change)
		}
		if ask.Poison {
			d.Changes = append(d.Changes, wire.Change{Op: "route", Type: p.right.Name, Version: strings.Repeat("f", 64)})
		}
		a, err := c.Deploy(ctx, d, client.RequestID(o.Request))
		if problem := new(wire.Problem); errors.As(err, &problem) && problem.Code == "not_found" { // it is stored now, for the next one
			return errors.Join(err, store(ctx, c, p, ask.Generation))
		}
		if err == nil {
			o.Answered(a.Answered)
			w.recordAck(o.Index)
		}
		return err
	}
}

// store stores the archives of one generation.
func store(ctx context.Context, c *client.Client, p pair, generation int) error {
	for _, t := range []load.Type{p.left, p.right} {
		if _, err := c.StoreArchive(ctx, t.Archives[generation]); err != nil {
			return err
		}
	}
	return nil
}

// recordAck records an acknowledged index.
func (w *Workload) recordAck(index uint64) {
	for {
		old := w.acked.Load()
		if index <= old || w.acked.CompareAndSwap(old, index) {
			return
		}
	}
}
