// Package pins starts runs while others load, route, roll back and unload versions of the same
// types: start against unload. Runs end at once, sleep, wait for a signal, start children (also
// some that outlive them), continue as new, and are paused and resumed, so that every kind of pin
// holds versions when somebody wants to unload them.
//
// It never judges what runs compute, except for the version that computed it. Begin with source,
// which every run executes; unload.go judges the unloads, runs.go the runs.
package pins

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
)

// Workload keeps what Resolve needs later.
type Workload struct {
	types []load.Type

	mu      sync.Mutex
	starts  []op.Op // that were acknowledged or may have happened
	waiting []op.Op // starts of runs that wait for a signal which nobody has sent yet
	paused  []string
	unknown []op.Op   // other changes with unknown outcomes
	focus   arguments // type and version that many callers use for a while, so that starts and unloads of it meet
}

// typeCount is the number of types, versionCount the number of versions of each, few enough that
// operations meet, and mostStarts the number of runs: each is read back at the end.
const (
	typeCount    = 4
	versionCount = 4
	mostStarts   = 3000
)

// pace is the pause between two calls of one caller if there is no rate: everything started must be
// read back after the faults.
const pace = 25 * time.Millisecond

// source is the code of one version of a type: it returns the constant that identifies it.
const source = `
MARK = %d # %x

def run(ctx, input):
    kind, nap = input["kind"], input.get("nap", "1ms")
    if kind == "nap":
        ctx.sleep(nap)
    elif kind == "wait":
        ctx.signal("go")
    elif kind == "kid":
        ctx.child(ctx.info.workflow_type, {"kind": "nap", "nap": nap}, version = "parent")
    elif kind == "orphan":
        ctx.start_child(input["type"], {"kind": "nap", "nap": nap}, version = input["version"], on_parent_close = "abandon")
    elif kind == "again":
        ctx.sleep(nap)
        ctx.continue_as_new({"kind": "nap", "nap": nap})
    return {"mark": MARK, "version": ctx.info.version}
`

// task tells a run what to do.
type task struct {
	Kind    string `json:"kind"` // now, nap, wait, kid, orphan, again
	Nap     string `json:"nap,omitempty"`
	Type    string `json:"type,omitempty"`
	Version string `json:"version,omitempty"` // "parent" or "routed"
}

// arguments is Op.Value. For a start, Version -1 means the routed one.
type arguments struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	NoRoute bool   `json:"no_route,omitempty"`
	Input   *task  `json:"input,omitempty"`
	RunID   string `json:"run_id,omitempty"` // of a history; "" = the latest run
}

func (w *Workload) Name() string { return "pins" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	for i := range typeCount {
		t, err := load.NewType(fmt.Sprintf("pin%d", i), versionCount, func(v int) string {
			return fmt.Sprintf(source, v, r.Uint64())
		})
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
		names, _ := json.Marshal(t.Versions)
		e.Record.Do(op.Op{Workload: "pins", F: "versions-are", Key: t.Name, Value: names}, func(*op.Op) error { return nil })
		o := newOp("load", t.Name, arguments{Type: t.Name})
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), "pins-setup-"+t.Name
		if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
			return errors.Join(err, fmt.Errorf("load %s: %s", t.Name, o.Error))
		}
	}
	return nil
}

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "pins", F: f, Key: key, Value: value}
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pace); n++ {
				o := w.choose(r, fmt.Sprintf("%d-%d", i, n))
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
	happened := o.Outcome == op.OK || o.Outcome == op.Unknown
	switch o.F {
	case "start":
		if happened {
			w.starts = append(w.starts, o)
			// otherwise the signal might come first: its request id would then answer not_found
			// forever
			if o.Outcome == op.OK && waits(o) {
				w.waiting = append(w.waiting, o)
			}
		}
		return
	case "pins", "signal": // every waiting run is sent its signal again
		return
	case "pause":
		if happened {
			w.paused = append(w.paused, o.Key)
		}
	}
	if o.Outcome == op.Unknown {
		w.unknown = append(w.unknown, o)
	}
}

func waits(start op.Op) bool {
	var ask arguments
	return json.Unmarshal(start.Value, &ask) == nil && ask.Input != nil && ask.Input.Kind == "wait"
}

// choose draws an operation.
func (w *Workload) choose(r *rand.Rand, name string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.types[r.IntN(len(w.types))]
	ask := arguments{Type: t.Name, Version: r.IntN(versionCount)}
	if w.focus.Type == "" || r.IntN(25) == 0 {
		w.focus = ask
	}
	if r.IntN(2) == 0 {
		ask = w.focus
		t = w.types[slices.IndexFunc(w.types, func(t load.Type) bool { return t.Name == ask.Type })]
	}
	change := func(f string) op.Op {
		o := newOp(f, t.Name, ask)
		o.Request = "pins-" + name
		return o
	}
	k := r.IntN(100)
	if k < 42 && len(w.starts) >= mostStarts {
		k = 42 + r.IntN(58)
	}
	switch {
	case k < 42:
		if r.IntN(2) == 0 {
			ask.Version = -1
		}
		ask.Input = w.task(r)
		o := newOp("start", "pins-"+name, ask)
		o.Request = o.Key
		return o
	case k < 52:
		ask.NoRoute = r.IntN(3) > 0
		return change("load")
	case k < 60:
		return change("route")
	case k < 64:
		ask.Version = -1
		return change("rollback")
	case k < 81:
		return change("unload")
	case k < 89 && len(w.waiting) > 0:
		at := r.IntN(len(w.waiting))
		o := newOp("signal", w.waiting[at].Key, arguments{})
		o.Request = o.Key + "-go"
		w.waiting = slices.Delete(w.waiting, at, at+1)
		return o
	case k < 97 && len(w.waiting) > 0:
		o := newOp([]string{"pause", "resume"}[r.IntN(2)], w.waiting[r.IntN(len(w.waiting))].Key, arguments{})
		o.Request = "pins-" + name
		return o
	}
	return newOp("pins", t.Name, ask)
}

// task draws what a run does.
func (w *Workload) task(r *rand.Rand) *task {
	in := &task{Kind: []string{"now", "now", "nap", "nap", "wait", "wait", "kid", "orphan", "again"}[r.IntN(9)]}
	switch in.Kind {
	case "nap", "kid", "again":
		in.Nap = fmt.Sprintf("%dms", 1+r.IntN(3000))
	case "orphan":
		in.Nap = fmt.Sprintf("%dms", 1+r.IntN(3000))
		in.Type, in.Version = w.types[r.IntN(len(w.types))].Name, "routed"
	}
	return in
}
