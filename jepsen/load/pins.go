package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// pins starts runs while others load, route, roll back and unload versions of the same types: start against unload. Runs end at once, sleep, wait for a signal, start
// children (also some that outlive them), continue as new, and are paused and resumed, so that every kind of pin holds versions when somebody wants to unload them.
type pins struct {
	types []catalogType

	mu      sync.Mutex
	starts  []op.Op // that were acknowledged or may have happened
	waiting []op.Op // starts of runs that wait for a signal which nobody has sent yet
	paused  []string
	unknown []op.Op // of all other changes
	focus   pinsAsk // type and version that many callers are at, for a while: starts and unloads of it meet
}

// typeCount is how many types there are, versionCount how many versions each has, so few that
// operations meet, and mostStarts how many runs: each is read again in the end.
const (
	typeCount    = 4
	versionCount = 4
	mostStarts   = 3000
)

// pinsPace is the pause between two calls of one caller where no rate is given: what is started must be read again after the faults.
const pinsPace = 25 * time.Millisecond

// pinsSource is one version of a type: it returns the constant by which the code that ran is known.
const pinsSource = `
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

// pinsInput is what a run is to do.
type pinsInput struct {
	Kind    string `json:"kind"` // now, nap, wait, kid, orphan, again
	Nap     string `json:"nap,omitempty"`
	Type    string `json:"type,omitempty"`
	Version string `json:"version,omitempty"` // "parent" or "routed"
}

// pinsAsk is Op.Value. Of a start, Version is -1 for a routed one.
type pinsAsk struct {
	Type    string     `json:"type"`
	Version int        `json:"version"`
	NoRoute bool       `json:"no_route,omitempty"`
	Input   *pinsInput `json:"input,omitempty"`
	RunID   string     `json:"run_id,omitempty"` // of a history; "" = the latest run
}

func (w *pins) Name() string { return "pins" }

func (w *pins) Setup(ctx context.Context, e *Env) error {
	r := e.Rand(1)
	for i := range typeCount {
		t := catalogType{name: fmt.Sprintf("pin%d", i)}
		for v := range versionCount {
			archive, version, err := Package{Type: t.name, Source: fmt.Sprintf(pinsSource, v, r.Uint64())}.Pack()
			if err != nil {
				return err
			}
			t.archives, t.versions = append(t.archives, archive), append(t.versions, version)
		}
		w.types = append(w.types, t)
		names, _ := json.Marshal(t.versions)
		e.Record.Do(op.Op{Workload: "pins", F: "versions-are", Key: t.name, Value: names}, func(*op.Op) error { return nil })
		o := pinsOp("load", t.name, pinsAsk{Type: t.name})
		o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), "pins-setup-"+t.name
		if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
			return errors.Join(err, fmt.Errorf("load %s: %s", t.name, o.Error))
		}
	}
	return nil
}

func pinsOp(f, key string, ask pinsAsk) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "pins", F: f, Key: key, Value: value}
}

func (w *pins) Run(ctx context.Context, e *Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pinsPace); n++ {
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

// note remembers what Settle has to come back to.
func (w *pins) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	happened := o.Outcome == op.OK || o.Outcome == op.Unknown
	switch o.F {
	case "start":
		if happened {
			w.starts = append(w.starts, o)
			if o.Outcome == op.OK && waits(o) { // else the signal might come first: its id would stand for not_found for ever
				w.waiting = append(w.waiting, o)
			}
		}
		return
	case "pins", "signal": // every run that waits is sent its signal again
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
	var ask pinsAsk
	return json.Unmarshal(start.Value, &ask) == nil && ask.Input != nil && ask.Input.Kind == "wait"
}

// choose draws an operation.
func (w *pins) choose(r *rand.Rand, name string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.types[r.IntN(len(w.types))]
	ask := pinsAsk{Type: t.name, Version: r.IntN(versionCount)}
	if w.focus.Type == "" || r.IntN(25) == 0 {
		w.focus = ask
	}
	if r.IntN(2) == 0 {
		ask = w.focus
		t = w.types[slices.IndexFunc(w.types, func(t catalogType) bool { return t.name == ask.Type })]
	}
	change := func(f string) op.Op {
		o := pinsOp(f, t.name, ask)
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
		o := pinsOp("start", "pins-"+name, ask)
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
		o := pinsOp("signal", w.waiting[at].Key, pinsAsk{})
		o.Request = o.Key + "-go"
		w.waiting = slices.Delete(w.waiting, at, at+1)
		return o
	case k < 97 && len(w.waiting) > 0:
		o := pinsOp([]string{"pause", "resume"}[r.IntN(2)], w.waiting[r.IntN(len(w.waiting))].Key, pinsAsk{})
		o.Request = "pins-" + name
		return o
	}
	return pinsOp("pins", t.name, ask)
}

// task draws what a run does.
func (w *pins) task(r *rand.Rand) *pinsInput {
	in := &pinsInput{Kind: []string{"now", "now", "nap", "nap", "wait", "wait", "kid", "orphan", "again"}[r.IntN(9)]}
	switch in.Kind {
	case "nap", "kid", "again":
		in.Nap = fmt.Sprintf("%dms", 1+r.IntN(3000))
	case "orphan":
		in.Nap = fmt.Sprintf("%dms", 1+r.IntN(3000))
		in.Type, in.Version = w.types[r.IntN(len(w.types))].name, "routed"
	}
	return in
}

// call makes an operation.
func (w *pins) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask pinsAsk
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	var t catalogType
	for _, t = range w.types {
		if t.name == ask.Type {
			break
		}
	}
	digits := ""
	if ask.Version >= 0 && t.name == ask.Type {
		digits = t.versions[ask.Version]
	}
	key := client.RequestID(o.Request)
	switch o.F {
	case "start":
		input, _ := json.Marshal(ask.Input)
		a, err := c.Start(ctx, wire.StartRequest{Type: ask.Type, WorkflowID: o.Key, Input: input, Version: digits}, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := c.Load(ctx, t.archives[ask.Version], wire.LoadOptions{NoRoute: ask.NoRoute}, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "route":
		a, err := c.Route(ctx, t.name, wire.RouteRequest{Version: digits}, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "rollback":
		a, err := c.Rollback(ctx, t.name, wire.RouteChange{}, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "unload":
		a, err := c.Unload(ctx, t.name, digits, "", key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "go", nil, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "pause":
		a, err := c.Pause(ctx, wire.RunRef{WorkflowID: o.Key}, "", key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "resume":
		a, err := c.Resume(ctx, wire.RunRef{WorkflowID: o.Key}, key)
		return told(o, a, err, func() wire.Answered { return a.Answered })
	case "pins":
		a, err := c.Pins(ctx, t.name, digits, wire.Page{Limit: 20})
		return told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
	}
	return fmt.Errorf("load: pins has no operation %q", o.F)
}
