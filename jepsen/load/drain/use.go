// Package drain starts and ends runs on versions that routes come to and leave, while others ask
// for these versions to be unloaded once they are drained, take that back, or look.
//
// Its checker counts pins and routes itself, from the answers to starts and from the stream of
// events, and knows from that which entry drained which version. Begin with check.go.
package drain

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
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	types []load.Type

	mu      sync.Mutex
	open    []op.Op // starts of runs that nobody has told to end yet
	started []op.Op // all that may have happened
	unknown []op.Op
}

// Few types and versions, so that the last run of a version often ends while somebody waits for it,
// and few runs are open at a time.
const (
	typeCount    = 3
	versionCount = 4
	mostOpen     = 12
	mostStarts   = 3000
	pace         = 20 * time.Millisecond
)

// source is a run that waits until it is told to end. Its name keeps versions apart.
const source = `
def run(ctx, input):
    ctx.signal("go")
    return "v%d %x"
`

// arguments is Op.Value. Version -1 means the routed one.
type arguments struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	NoRoute bool   `json:"no_route,omitempty"`
}

func (w *Workload) Name() string { return "drain" }

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "drain", F: f, Key: key, Value: value}
}

// Setup waits for level 1, from which on versions have facts, and loads a version of each type.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	if _, err := load.ReachLevel(ctx, e, "drain", 1); err != nil {
		return err
	}
	for i := range typeCount {
		t, err := load.NewType(fmt.Sprintf("drain%d", i), versionCount, func(v int) string { return fmt.Sprintf(source, v, r.Uint64()) })
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
		names, _ := json.Marshal(t.Versions)
		e.Record.Do(op.Op{Workload: "drain", F: "versions-are", Key: t.Name, Value: names}, func(*op.Op) error { return nil })
		o := newOp("load", t.Name, arguments{Type: t.Name})
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), "drain-setup-"+t.Name
		if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
			return errors.Join(err, fmt.Errorf("load %s: %s", t.Name, o.Error))
		}
	}
	return nil
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pace); n++ {
				o := w.choose(r, fmt.Sprintf("drain-%d-%d", i, n))
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
	case o.F == "start" && o.Outcome == op.OK:
		w.started, w.open = append(w.started, o), append(w.open, o)
	case o.F == "start" && o.Outcome == op.Unknown:
		w.started = append(w.started, o)
	case o.F != "look" && o.F != "signal" && o.Outcome == op.Unknown: // all runs are told again
		w.unknown = append(w.unknown, o)
	}
}

// choose draws an operation. Runs begin and end in turns, so that versions are drained often.
func (w *Workload) choose(r *rand.Rand, name string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.types[r.IntN(len(w.types))]
	ask := arguments{Type: t.Name, Version: r.IntN(versionCount)}
	f := "look"
	switch k := r.IntN(100); {
	case k < 30 && len(w.open) < mostOpen && len(w.started) < mostStarts:
		if r.IntN(3) > 0 {
			ask.Version = -1
		}
		o := newOp("start", name, ask)
		o.Request = name
		return o
	case k < 62 && len(w.open) > 0:
		at := r.IntN(len(w.open))
		o := newOp("signal", w.open[at].Key, arguments{})
		o.Request = o.Key + "-go"
		w.open = slices.Delete(w.open, at, at+1)
		return o
	case k < 70:
		f, ask.NoRoute = "load", r.IntN(3) == 0
	case k < 78:
		f = "route"
	case k < 91:
		f = "ask"
	case k < 93:
		f = "cancel"
	case k < 96:
		f = "unload"
	}
	o := newOp(f, t.Name, ask)
	if f != "look" {
		o.Request = name
	}
	return o
}

// call makes an operation.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	var t load.Type
	for _, t = range w.types {
		if t.Name == ask.Type {
			break
		}
	}
	version := ""
	if ask.Version >= 0 && t.Name == ask.Type {
		version = t.Versions[ask.Version]
	}
	key := client.RequestID(o.Request)
	switch o.F {
	case "start":
		a, err := c.Start(ctx, wire.StartRequest{Type: ask.Type, WorkflowID: o.Key, Version: version}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "go", nil, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := c.Load(ctx, t.Archives[ask.Version], wire.LoadOptions{NoRoute: ask.NoRoute}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "route":
		a, err := c.Route(ctx, t.Name, wire.RouteRequest{Version: version}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "ask":
		a, err := c.UnloadWhenDrained(ctx, t.Name, version, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "cancel":
		a, err := c.CancelUnload(ctx, t.Name, version, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "unload":
		a, err := c.Unload(ctx, t.Name, version, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "look":
		a, err := c.Versions(ctx, t.Name)
		return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
	}
	return fmt.Errorf("load: drain has no operation %q", o.F)
}
