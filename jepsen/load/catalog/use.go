// Package catalog loads, routes, rolls back and unloads versions of many types through all nodes,
// and reads them meanwhile. Each type is an object of its own. Types have no runs, so that only
// these operations determine the answers. Most callers keep to one node, as users do: if all used
// every node, all of them would soon wait for the one node that does not answer, and nobody would
// see what the others do.
//
// It never starts a run. Begin with Workload.Run; model.go defines what a type must do, and Check
// compares the history with it twice.
package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
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
	types []load.Type

	acked atomic.Uint64 // the highest acknowledged index

	mu      sync.Mutex
	unknown []op.Op // operations with unknown outcomes
}

// versionsOfType is how many versions a type has: few, so that operations meet.
const versionsOfType = 4

// arguments describes an operation; it is Op.Value. Versions are numbers from 0, -1 is none.
type arguments struct {
	Version int    `json:"version"`
	NoRoute bool   `json:"no_route,omitempty"`
	Expect  string `json:"expect,omitempty"` // "", "none" or the version's digits
	Min     uint64 `json:"min,omitempty"`    // for a stale listing: the least index that it must show
}

// view is the content of an answer or a listing, in full version digits; it is Op.Answer.
type view struct {
	Version  string   `json:"version,omitempty"`
	Previous string   `json:"previous,omitempty"`
	Fresh    bool     `json:"fresh,omitempty"`
	Changed  bool     `json:"changed,omitempty"`
	Loaded   []string `json:"loaded,omitempty"`
	Routed   string   `json:"routed,omitempty"`
}

func (w *Workload) Name() string { return "catalog" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	for i := range 3 * e.Concurrency {
		t, err := load.NewType(fmt.Sprintf("cat%d", i), versionsOfType, func(v int) string {
			return fmt.Sprintf("def run(ctx, input):\n    return %d\n# %x\n", v, r.Uint64())
		})
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
		names, _ := json.Marshal(t.Versions)
		e.Record.Do(op.Op{Workload: "catalog", F: "versions-are", Key: t.Name, Value: names}, func(*op.Op) error { return nil })
	}
	return nil
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p, names := e.Rand(uint64(100+i)), e.Record.Process(), e.Cluster.Names()
			for n := 0; e.Pace(ctx); n++ {
				t := w.types[r.IntN(len(w.types))]
				o := w.choose(r, t)
				o.Process, o.Node, o.Request = p, names[i%len(names)], fmt.Sprintf("cat-%x-%d-%d", e.Seed, i, n)
				if i%4 == 3 {
					o.Node = e.AnyNode(r)
				}
				if o = e.Call(ctx, o, w.call(t)); o.Outcome == op.Unknown {
					w.mu.Lock()
					w.unknown = append(w.unknown, o)
					w.mu.Unlock()
					p = e.Record.Process()
				}
			}
		})
	}
	for i, node := range e.Cluster.Names() {
		callers.Go(func() { w.watch(ctx, e, node, e.Rand(uint64(10_000+i))) })
	}
	callers.Wait()
}

// lookEvery is the interval between listings of each node.
const lookEvery = 20 * time.Millisecond

// watch asks one node for fresh listings, one after another, independent of the others: a node that
// is cut off and believes that it leads would show outdated data here.
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
		t := w.types[r.IntN(len(w.types))]
		e.Call(ctx, op.Op{Process: p, Workload: "catalog", F: "list", Key: t.Name, Value: json.RawMessage(`{"version":-1}`), Node: node}, w.call(t))
	}
}

// choose draws an operation on a type.
func (w *Workload) choose(r *rand.Rand, t load.Type) op.Op {
	ask := arguments{Version: r.IntN(versionsOfType)}
	expect := func(chance int) {
		switch r.IntN(chance) {
		case 0:
			ask.Expect = "none"
		case 1, 2:
			ask.Expect = t.Versions[r.IntN(versionsOfType)]
		}
	}
	f := "list"
	switch k := r.IntN(100); {
	case k < 25:
		f, ask.NoRoute = "load", r.IntN(3) == 0
		if !ask.NoRoute {
			expect(8)
		}
	case k < 45:
		f = "route"
		expect(8)
	case k < 50:
		f, ask.Version = "unroute", -1
		expect(8)
	case k < 60:
		f, ask.Version = "rollback", -1
		expect(12)
	case k < 75:
		f = "unload"
	case k < 88:
		ask.Version = -1
	default:
		f, ask.Version = "stale", -1
		if r.IntN(2) == 0 {
			ask.Min = w.acked.Load()
		}
	}
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "catalog", F: f, Key: t.Name, Value: value}
}

// call makes the operation.
func (w *Workload) call(t load.Type) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		var ask arguments
		if err := json.Unmarshal(o.Value, &ask); err != nil {
			return err
		}
		var saw view
		route := func(a *wire.RouteAnswer, err error) error {
			if err == nil {
				o.Answered(a.Answered)
				saw = view{Version: a.Version, Previous: a.Previous, Changed: a.RouteChanged}
			}
			return err
		}
		var err error
		key := client.RequestID(o.Request)
		switch o.F {
		case "load":
			options := wire.LoadOptions{NoRoute: ask.NoRoute}
			if ask.Expect != "" {
				options.Expect = []string{t.Name + "=" + ask.Expect}
			}
			var a *wire.LoadAnswer
			if a, err = c.Load(ctx, t.Archives[ask.Version], options, key); err == nil {
				o.Answered(a.Answered)
				saw = view{Version: a.Version, Fresh: a.FreshlyLoaded, Changed: a.RouteChanged, Previous: a.PreviousRoutes[t.Name]}
			}
		case "route":
			err = route(c.Route(ctx, t.Name, wire.RouteRequest{Version: t.Versions[ask.Version], Expect: ask.Expect}, key))
		case "unroute":
			err = route(c.Unroute(ctx, t.Name, wire.RouteChange{Expect: ask.Expect}, key))
		case "rollback":
			err = route(c.Rollback(ctx, t.Name, wire.RouteChange{Expect: ask.Expect}, key))
		case "unload":
			var a *wire.UnloadAnswer
			if a, err = c.Unload(ctx, t.Name, t.Versions[ask.Version], "", key); err == nil {
				o.Answered(a.Answered)
				saw = view{Version: a.Version}
			}
		case "list", "stale":
			var a *wire.Versions
			var how []client.Option
			if o.F == "stale" {
				how = append(how, client.Stale(), client.MinIndex(ask.Min))
			}
			if a, err = c.Versions(ctx, t.Name, how...); err == nil {
				o.Index = a.Index
				for _, v := range a.Versions {
					saw.Loaded = append(saw.Loaded, v.Version)
					if v.RouteActive {
						saw.Routed = v.Version
					}
				}
			}
		}
		if err == nil {
			o.Answer, _ = json.Marshal(saw)
			if o.F != "stale" {
				w.recordAck(o.Index)
			}
		}
		return err
	}
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
