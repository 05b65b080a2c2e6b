// Package ephemeral starts runs on code that comes along with them and goes with the last of them,
// while others start runs on such versions by name, deploy one of them to stay, or look.
//
// Its checker counts the open runs of each version itself, from the answers to starts and from the
// stream of events, and knows from that in which entry a version has to go. Begin with check.go.
package ephemeral

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
	types    []load.Type
	archives map[string]string // version -> digest of its archive

	mu      sync.Mutex
	open    []op.Op // starts of runs that nobody has told to end yet
	started []op.Op // all that may have happened
	unknown []op.Op
}

// Few versions and few open runs, so that versions come and go often. A version that was deployed
// to stay stays for good, so there are more of them than callers use up.
const (
	typeCount    = 2
	versionCount = 12
	mostOpen     = 12
	mostStarts   = 3000
	pace         = 20 * time.Millisecond
)

// source is a run that ends at once if it is told so, and else waits until it is. Its name keeps
// versions apart.
const source = `
def run(ctx, input):
    if not input:
        ctx.signal("go")
    return "v%d %x"
`

// arguments is Op.Value.
type arguments struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	Quick   bool   `json:"quick,omitempty"` // the run ends at once
}

// Name implements load.Workload.
func (w *Workload) Name() string { return "ephemeral" }

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "ephemeral", F: f, Key: key, Value: value}
}

// Setup waits for level 2, from which on code can come along, and stores the archives.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	r := e.Rand(1)
	if _, err := load.ReachLevel(ctx, e, "ephemeral", 2); err != nil {
		return err
	}
	w.archives = map[string]string{}
	for i := range typeCount {
		t, err := load.NewType(fmt.Sprintf("ephemeral%d", i), versionCount, func(v int) string { return fmt.Sprintf(source, v, r.Uint64()) })
		if err != nil {
			return err
		}
		w.types = append(w.types, t)
		names, _ := json.Marshal(t.Versions)
		e.Record.Do(op.Op{Workload: "ephemeral", F: "versions-are", Key: t.Name, Value: names}, func(*op.Op) error { return nil })
		for v := range versionCount {
			o := newOp("store", t.Name, arguments{Type: t.Name, Version: v})
			o.Process, o.Node = e.Record.Process(), e.AnyNode(r)
			if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
				return errors.Join(err, fmt.Errorf("store %s: %s", t.Name, o.Error))
			}
		}
	}
	return nil
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pace); n++ {
				o := w.choose(r, fmt.Sprintf("ephemeral-%d-%d", i, n))
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
	starts := o.F == "bring" || o.F == "start"
	switch {
	case starts && o.Outcome == op.OK:
		w.started, w.open = append(w.started, o), append(w.open, o)
	case starts && o.Outcome == op.Unknown:
		w.started = append(w.started, o)
	case o.F == "keep" && o.Outcome == op.Unknown:
		w.unknown = append(w.unknown, o)
	}
}

// choose draws an operation. Runs begin and end in turns, so that versions come and go often.
func (w *Workload) choose(r *rand.Rand, name string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.types[r.IntN(len(w.types))]
	ask := arguments{Type: t.Name, Version: r.IntN(versionCount / 3)}
	if r.IntN(4) == 0 {
		ask.Version = r.IntN(versionCount)
	}
	k, room := r.IntN(1000), len(w.open) < mostOpen && len(w.started) < mostStarts
	switch {
	case k < 350 && room:
		ask.Quick = r.IntN(3) == 0
		o := newOp("bring", name, ask)
		o.Request = name
		return o
	case k < 420 && room: // by name: usually refused, because the version is not there
		o := newOp("start", name, ask)
		o.Request = name
		return o
	case k < 850 && len(w.open) > 0:
		at := r.IntN(len(w.open))
		f := "signal"
		if r.IntN(5) == 0 {
			f = "terminate"
		}
		o := newOp(f, w.open[at].Key, arguments{})
		o.Request = o.Key + "-" + f
		w.open = slices.Delete(w.open, at, at+1)
		return o
	case k < 855:
		o := newOp("keep", t.Name, ask)
		o.Request = name
		return o
	}
	return newOp("look", t.Name, ask)
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
	key, run := client.RequestID(o.Request), wire.RunRef{WorkflowID: o.Key}
	switch o.F {
	case "store":
		a, err := c.StoreArchive(ctx, t.Archives[ask.Version])
		if err == nil {
			w.archives[a.Version] = a.Archive
		}
		return load.Told(o, a, err, func() wire.Answered { return wire.Answered{} })
	case "bring":
		r := wire.StartRequest{Type: t.Name, WorkflowID: o.Key, Archive: w.archives[t.Versions[ask.Version]], Ephemeral: true}
		if ask.Quick {
			r.Input = json.RawMessage("true")
		}
		a, err := c.Start(ctx, r, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "start":
		a, err := c.Start(ctx, wire.StartRequest{Type: t.Name, WorkflowID: o.Key, Version: t.Versions[ask.Version]}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		a, err := c.Signal(ctx, run, "go", nil, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "terminate":
		a, err := c.Terminate(ctx, run, "enough", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "keep":
		a, err := c.Load(ctx, t.Archives[ask.Version], wire.LoadOptions{NoRoute: true}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "look":
		a, err := c.Versions(ctx, t.Name)
		return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
	}
	return fmt.Errorf("load: ephemeral has no operation %q", o.F)
}
