// Package namespaces starts, reads, lists and ends runs with the same ids and types in two
// namespaces, looks from each for the runs of the other, and fills a third one up to its quota.
//
// Its checker knows of each namespace only what its own callers were told: no answer in one
// namespace ever shows a run of another, none that was acknowledged is missing, and a quota refuses
// exactly what is beyond it. Begin with check.go.
package namespaces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const (
	name = "namespaces"
	typ  = "shared" // in every namespace
	// capped has a quota of open runs, which one caller fills again and again.
	capped    = "capped"
	cappedMax = 3
	idCount   = 8
)

// spaces have the same ids and types.
var spaces = []string{"left", "right"}

// source waits until it is told to end, and says where it runs as code sees that.
const source = `
def run(ctx, input):
    ctx.set_attributes({"whose": input["space"]})
    ctx.signal_workflow("w0", "hello", input)
    return [input, ctx.info.workflow_id, ctx.info.workflow_type, ctx.signal("go")]
`

// arguments is Op.Value.
type arguments struct {
	Space string `json:"space"` // of the call
	ID    string `json:"id,omitempty"`
	Of    string `json:"of,omitempty"`     // namespace whose run it is
	RunID string `json:"run_id,omitempty"` // of that run
	Token string `json:"token,omitempty"`  // input of a start, to know the run by
	Value uint64 `json:"value,omitempty"`  // of the quota ID, in tune.go
}

// Workload keeps what Resolve needs later.
type Workload struct {
	packed  []byte
	clients map[string]*client.Client // by node and namespace
	tunes   bool                      // the level is reached at which tune holds

	mu   sync.Mutex
	left []op.Op             // guarded by mu: starts whose outcome is not known
	runs map[string][]seenAs // guarded by mu: by namespace
}

// seenAs is a run that a caller was told of.
type seenAs struct{ id, run, token string }

// Name implements load.Workload.
func (w *Workload) Name() string { return name }

func newOp(f string, ask arguments) op.Op {
	value, _ := json.Marshal(ask)
	return op.Op{Workload: name, F: f, Key: ask.Space + "/" + ask.ID, Value: value}
}

// Setup waits for the newest level, and makes the namespaces, which there are from level 4 on.
func (w *Workload) Setup(ctx context.Context, e *load.Env) (err error) {
	level, err := load.ReachLevel(ctx, e, name, tuneLevel)
	if err != nil {
		return err
	}
	w.tunes = level >= tuneLevel
	if w.packed, _, err = (load.Package{Type: typ, Source: source}).Pack(); err != nil {
		return err
	}
	w.clients, w.runs = map[string]*client.Client{}, map[string][]seenAs{}
	for _, node := range e.Cluster.Names() {
		for _, space := range append([]string{capped}, spaces...) {
			if w.clients[node+"/"+space], err = e.In(node, space); err != nil {
				return err
			}
		}
	}
	for _, space := range append([]string{capped, tuned}, spaces...) {
		for _, f := range []string{"create", "load"} {
			if f == "load" && space == tuned {
				continue
			}
			o := newOp(f, arguments{Space: space})
			o.Process, o.Node, o.Request = e.Record.Process(), e.Cluster.Names()[0], "setup-"+f+"-"+space
			if o, err := e.Insist(ctx, o, w.call); err != nil || o.Outcome != op.OK {
				return errors.Join(err, fmt.Errorf("%s %s: %s", f, space, o.Error))
			}
		}
	}
	return nil
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var all sync.WaitGroup
	all.Go(func() { w.fill(ctx, e) })
	if w.tunes {
		all.Go(func() { w.tune(ctx, e) })
	}
	for i := range max(2, e.Concurrency-1) {
		all.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.Pace(ctx); n++ {
				space, id := spaces[r.IntN(len(spaces))], fmt.Sprintf("w%d", r.IntN(idCount))
				o := w.choose(r.IntN(10), r.IntN(1<<20), space, id, fmt.Sprintf("%d-%d", i, n))
				o.Process, o.Node = p, e.AnyNode(r)
				if o = e.Call(ctx, o, w.call); o.Outcome == op.Unknown {
					p = e.Record.Process()
				}
				w.note(o)
			}
		})
	}
	all.Wait()
}

// choose draws a call.
func (w *Workload) choose(what, which int, space, id, token string) op.Op {
	w.mu.Lock()
	defer w.mu.Unlock()
	other := spaces[0]
	if space == other {
		other = spaces[1]
	}
	mine, theirs := w.runs[space], w.runs[other]
	switch {
	case what < 3:
		o := newOp("start", arguments{Space: space, ID: id, Token: space + "-" + token})
		o.Request = "start-" + token // the same in both
		return o
	case what < 4:
		o := newOp("end", arguments{Space: space, ID: id})
		o.Request = "end-" + token
		return o
	case what < 6 && len(mine) > 0:
		s := mine[which%len(mine)]
		return newOp("read", arguments{Space: space, ID: s.id, Of: space, RunID: s.run, Token: s.token})
	case what < 8 && len(theirs) > 0:
		s := theirs[which%len(theirs)]
		return newOp("peek", arguments{Space: space, ID: s.id, Of: other, RunID: s.run, Token: s.token})
	}
	return newOp("list", arguments{Space: space})
}

// note remembers the run of a start.
func (w *Workload) note(o op.Op) {
	if o.F != "start" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ask := argumentsOf(o)
	switch o.Outcome {
	case op.OK:
		var a wire.StartAnswer
		if json.Unmarshal(o.Answer, &a) == nil {
			w.runs[ask.Space] = append(w.runs[ask.Space], seenAs{ask.ID, a.RunID, ask.Token})
		}
	case op.Unknown:
		w.left = append(w.left, o)
	}
}

// fill starts runs up to the quota, one more that has to be refused, and ends them again. One
// caller does so alone, and repeats each call until its outcome is known.
func (w *Workload) fill(ctx context.Context, e *load.Env) {
	r := e.Rand(7)
	for n := 0; ctx.Err() == nil; n++ {
		for i := range cappedMax + 1 {
			w.insist(ctx, e, e.AnyNode(r), "fill", fmt.Sprintf("c%d-%d", n, i))
		}
		for i := range cappedMax {
			w.insist(ctx, e, e.AnyNode(r), "drop", fmt.Sprintf("c%d-%d", n, i))
		}
		load.Pause(ctx, 100*time.Millisecond)
	}
}

func (w *Workload) insist(ctx context.Context, e *load.Env, node, f, id string) {
	o := newOp(f, arguments{Space: capped, ID: id, Token: id})
	o.Process, o.Node, o.Request = e.Record.Process(), node, f+"-"+id
	if ctx.Err() == nil {
		_, _ = e.Insist(ctx, o, w.call)
	}
}

func argumentsOf(o op.Op) (ask arguments) {
	_ = json.Unmarshal(o.Value, &ask)
	return ask
}

// call makes a call in its namespace. c, which is of no namespace, tells only the node.
func (w *Workload) call(ctx context.Context, c *client.Client, o *op.Op) error {
	ask, key := argumentsOf(*o), client.RequestID(o.Request)
	in := w.clients[o.Node+"/"+ask.Space]
	switch o.F {
	case "tune", "look":
		return callTuned(ctx, c, o, ask, key)
	case "create":
		spec := wire.NamespaceSpec{Name: ask.Space}
		if ask.Space == capped {
			spec.Quotas = &wire.NamespaceQuotas{OpenRuns: cappedMax}
		}
		a, err := c.CreateNamespace(ctx, spec, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "load":
		a, err := in.Load(ctx, w.packed, wire.LoadOptions{}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "start", "fill":
		input, _ := json.Marshal(map[string]string{"space": ask.Space, "token": ask.Token})
		a, err := in.Start(ctx, wire.StartRequest{Type: typ, WorkflowID: ask.ID, Input: input}, key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "end", "drop":
		a, err := in.Terminate(ctx, wire.RunRef{WorkflowID: ask.ID}, "", key)
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	case "list":
		a, err := in.List(ctx, wire.RunFilter{}, wire.Page{Limit: 50})
		if err == nil {
			o.Answer, _ = json.Marshal(a.Workflows)
		}
		return err
	}
	a, err := in.Describe(ctx, wire.RunRef{WorkflowID: ask.ID, RunID: ask.RunID})
	if err == nil {
		o.Answer, _ = json.Marshal(a)
	}
	return err
}

// Resolve repeats starts until each has an outcome, and reads every run that was acknowledged.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	w.mu.Lock()
	left := w.left
	w.mu.Unlock()
	for _, o := range left {
		done, err := e.Insist(ctx, e.Repeated(o), w.call)
		if err != nil {
			return err
		}
		w.note(done)
	}
	for _, space := range spaces {
		for _, s := range w.runs[space] {
			o := newOp("read", arguments{Space: space, ID: s.id, Of: space, RunID: s.run, Token: s.token})
			o.Process, o.Node = e.Record.Process(), e.NodeFor(s.id)
			if _, err := e.Insist(ctx, o, w.call); err != nil {
				return err
			}
		}
	}
	return nil
}
