// Package moves moves open runs between versions while they take turns, and routes versions behind
// gates. Versions part at different steps, so that whether a run may move, and whether a gate may
// open, depends on how far runs have come.
//
// Its checker knows what each version asks for, and reads from the history of each run which
// version it was on: what was asked before a move must be what the version asks for that it moved
// to. Begin with check.go.
package moves

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	load.Language // of the runs' code, where the cluster can run that

	typ   load.Type
	gated load.Type // of runs that gates check

	mu      sync.Mutex
	runs    []*run // all that may have started
	open    []*run // those that wait for a signal that nobody has sent yet
	unknown []op.Op
}

// run is what callers know of a run.
type run struct {
	start  op.Op
	signal int // number of signals that were sent
}

const (
	typeName   = "moved"
	steps      = 3 // signals that a run waits for
	mostOpen   = 16
	mostStarts = 1500
	pace       = 25 * time.Millisecond
)

// waits are the timers that each version asks for, one after each signal but the last. The first
// and the last version ask for the same.
var waits = [][]string{{"10ms", "20ms"}, {"10ms", "21ms"}, {"11ms", "21ms"}, {"10ms", "20ms"}}

// source waits for a signal between timers. Its result says which code ended it.
const source = `
def run(ctx, input):
    ctx.signal("go")
    ctx.sleep("%s")
    ctx.signal("go")
    ctx.sleep("%s")
    ctx.signal("go")
    return "v%d"
# %x
`

// guests are source in other languages, and constants are what their versions differ in: in Go,
// their code is the same module with other data.
//
//go:embed guest
var guests embed.FS

const constants = `"10ms", "20ms", "v0", "0"`

// arguments is Op.Value.
type arguments struct {
	From  int      `json:"from"`
	To    int      `json:"to"`
	IDs   []string `json:"ids,omitempty"`
	Gated bool     `json:"gated,omitempty"` // of the second type
}

// Name implements load.Workload.
func (w *Workload) Name() string {
	return w.Titled("move")
}

func newOp(f, key string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: "move", F: f, Key: key, Value: value}
}

// Setup waits for level 2, from which on runs can be moved, and loads all versions. Where nodes of
// an earlier build hold the level, moves are refused.
func (w *Workload) Setup(ctx context.Context, e *load.Env) (err error) {
	r := e.Rand(1)
	if _, err := load.ReachLevel(ctx, e, "move", 2); err != nil {
		return err
	}
	compiled, err := w.Runs(ctx, e, "move")
	if err != nil {
		return err
	}
	code := func(v int) (p load.Package, err error) {
		if p.Source = fmt.Sprintf(source, waits[v][0], waits[v][1], v, r.Uint64()); compiled {
			p.Code, err = w.Compile(ctx, e, strings.Replace(w.In(guests), constants, fmt.Sprintf(`"%s", "%s", "v%d", "%x"`, waits[v][0], waits[v][1], v, r.Uint64()), 1))
		}
		return p, err
	}
	if w.typ, err = load.PackType(typeName, len(waits), code); err != nil {
		return err
	}
	if w.gated, err = load.PackType(typeName+"2", 2, code); err != nil {
		return err
	}
	for _, t := range []load.Type{w.typ, w.gated} {
		names, _ := json.Marshal(t.Versions)
		e.Record.Do(op.Op{Workload: "move", F: "versions-are", Key: t.Name, Value: names}, func(*op.Op) error { return nil })
		for v := range t.Archives {
			o := newOp("load", t.Name, arguments{To: v, Gated: t.Name != typeName})
			o.Process, o.Node, o.Request = e.Record.Process(), e.AnyNode(r), fmt.Sprint("move-setup-", t.Name, v)
			if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
				return errors.Join(err, fmt.Errorf("load version %d: %s", v, o.Error))
			}
		}
	}
	return nil
}

// Run implements load.Workload. Every other move is made while a signal wakes one of its runs.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	callers.Go(func() { w.gates(ctx, e) })
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p, second := e.Rand(uint64(100+i)), e.Record.Process(), e.Record.Process()
			for n := 0; e.PaceOr(ctx, pace); n++ {
				name := fmt.Sprintf("move-%d-%d", i, n)
				var both sync.WaitGroup
				for _, o := range w.choose(r, name) {
					o.Node = e.AnyNode(r)
					process := &p
					if o.F == "move" {
						process = &second
					}
					both.Go(func() {
						o.Process = *process
						if o = e.Call(ctx, o, w.call); o.Outcome == op.Unknown {
							*process = e.Record.Process()
						}
						w.note(o)
					})
				}
				both.Wait()
			}
		})
	}
	callers.Wait()
}

// note records what Resolve has to come back to. A move that nobody knows the outcome of needs no
// repetition: it may have moved any of its runs.
func (w *Workload) note(o op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case o.F == "start" && (o.Outcome == op.OK || o.Outcome == op.Unknown):
		r := &run{start: o}
		if w.runs = append(w.runs, r); o.Outcome == op.OK {
			w.open = append(w.open, r)
		}
	case o.F == "signal" && o.Outcome != op.OK:
		w.unknown = append(w.unknown, o)
	}
}

// choose draws what a caller does next: one operation, or a signal and a move at once.
func (w *Workload) choose(r *rand.Rand, name string) (all []op.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ask := arguments{From: r.IntN(len(waits)), To: r.IntN(len(waits))}
	k := r.IntN(100)
	if len(w.open) == 0 || k < 30 && len(w.open) < mostOpen && len(w.runs) < mostStarts {
		o := newOp("start", name, ask)
		o.Request = name
		return []op.Op{o}
	}
	at := r.IntN(len(w.open))
	woken := w.open[at]
	if k < 80 {
		o := newOp("signal", woken.start.Key, arguments{})
		woken.signal++
		o.Request = signalID(woken.start.Key, woken.signal)
		all = append(all, o)
		if woken.signal == steps {
			w.open = slices.Delete(w.open, at, at+1)
		}
	}
	if k >= 45 {
		o := newOp("move", typeName, ask)
		if o.Request = name; len(all) > 0 {
			ask.IDs = []string{woken.start.Key}
			o.Value, _ = json.Marshal(ask)
		}
		all = append(all, o)
	}
	return all
}

func signalID(run string, n int) string { return fmt.Sprint(run, "-go-", n) }

// call makes an operation.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	var ask arguments
	if err := json.Unmarshal(o.Value, &ask); err != nil {
		return err
	}
	t := &w.typ
	if ask.Gated {
		t = &w.gated
	}
	key := client.RequestID(o.Request)
	switch o.F {
	case "start":
		a, err := c.Start(ctx, wire.StartRequest{Type: t.Name, WorkflowID: o.Key, Version: t.Versions[ask.From]}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "signal":
		a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "go", nil, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := c.Load(ctx, t.Archives[ask.To], wire.LoadOptions{NoRoute: ask.To > 0}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "gate":
		a, err := c.Load(ctx, t.Archives[ask.To], wire.LoadOptions{Gate: "open"}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "move":
		return w.move(ctx, c, o, ask)
	}
	return fmt.Errorf("load: move has no operation %q", o.F)
}

// move begins a move and waits for its end.
func (w *Workload) move(ctx context.Context, c *client.Client, o *op.Op, ask arguments) error {
	begun, err := c.StartMove(ctx, wire.MoveRequest{Type: typeName, From: w.typ.Versions[ask.From], To: w.typ.Versions[ask.To], IDs: ask.IDs}, client.RequestID(o.Request))
	if err != nil {
		return load.Told(o, nil, err, nil)
	}
	a, err := c.Move(ctx, begun.MoveID, 3*time.Second, wire.Page{Limit: wire.MaxPage})
	if err != nil { // begun, and its node may have ended since
		return wire.New("outcome_unknown", err.Error())
	}
	return load.Told(o, a, nil, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
}
