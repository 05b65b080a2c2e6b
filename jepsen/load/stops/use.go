// Package stops starts runs, with children, while their types and versions are stopped and run
// again, and while quotas of open runs are set, lowered and lifted. Each run is short; a child that
// may not start fails its try, and its parent notes why and goes on.
//
// It never judges how soon a stop has paused what runs. Begin with sources, which every run
// executes, and then times.go: from which index to which one something was stopped.
package stops

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	requests runs.Requests
	versions map[string]string // of the types; fixed after Setup
}

// The types: runs of one start runs of the other.
const (
	parents = "stopped"
	kids    = "stopped-kid"
)

var sources = map[string]string{
	parents: `
def run(ctx, input):
    out = []
    for i in range(input):
        kid = ctx.try_child("stopped-kid", i)
        out.append("ok" if kid.ok else kid.error.kind)
        ctx.sleep("30ms")
    return out
`,
	kids: `
def run(ctx, input):
    ctx.sleep("50ms")
    ctx.sleep("50ms")
    return input
`,
}

var types = []string{parents, kids}

// Name implements load.Workload.
func (w *Workload) Name() string { return "stops" }

// Setup implements load.Workload.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	if _, err := load.ReachLevel(ctx, e, "stops", 5); err != nil {
		return err
	}
	w.versions = map[string]string{}
	for _, typ := range types {
		p := load.Package{Type: typ, Source: sources[typ]}
		_, version, err := p.Pack()
		if err != nil {
			return err
		}
		w.versions[typ] = version
		if err := load.Deploy(ctx, e, p); err != nil {
			return err
		}
	}
	value, _ := json.Marshal(w.versions)
	e.Record.Do(op.Op{Workload: "stops", F: "versions", Value: value}, func(*op.Op) error { return nil })
	return nil
}

// mostRuns is how many runs one caller starts: all of them have to end.
const mostRuns = 200

// quotas that are set; 0 lifts one.
var quotas = []uint64{0, 0, 2, 5, 12}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	w.requests.Callers(ctx, e, 100, func(c *runs.Caller, n int) {
		r := c.Rand
		typ := types[r.IntN(2)]
		o := op.Op{Workload: "stops", Key: typ, Request: client.NewRequestID()}
		switch k := r.IntN(40); {
		case k < 2:
			o.F, o.Value = "stop", w.what(typ, r.IntN(3) == 0)
			c.Do(ctx, o, stop)
		case k < 6:
			o.F, o.Value = "unstop", w.what(typ, r.IntN(3) == 0)
			c.Do(ctx, o, lift(r.IntN(3) > 0))
		case k < 7:
			o.F, o.Key = "quota", parents
			o.Value, _ = json.Marshal(quotas[r.IntN(len(quotas))])
			c.Do(ctx, o, quota)
		case n < mostRuns:
			o.F, o.Key = "start", fmt.Sprintf("%s-%d-%d", typ, c.I, n)
			o.Value, _ = json.Marshal(r.IntN(4))
			c.Do(ctx, o, begin(typ))
		}
	})
}

// what is stopped: a type, or its version.
func (w *Workload) what(typ string, byVersion bool) json.RawMessage {
	s := wire.StopRequest{Type: typ}
	if byVersion {
		s = wire.StopRequest{Version: w.versions[typ]}
	}
	b, _ := json.Marshal(s)
	return b
}

func stop(ctx context.Context, c *client.Client, o *op.Op) error {
	var s wire.StopRequest
	if err := json.Unmarshal(o.Value, &s); err != nil {
		return err
	}
	s.Reason = "to see"
	a, err := c.Stop(ctx, s, client.RequestID(o.Request))
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// lift lifts a stop, and may let what it paused go on.
func lift(resume bool) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		var s wire.StopRequest
		if err := json.Unmarshal(o.Value, &s); err != nil {
			return err
		}
		a, err := c.Unstop(ctx, s.Type, s.Version, resume, client.RequestID(o.Request))
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
}

func quota(ctx context.Context, c *client.Client, o *op.Op) error {
	var open uint64
	if err := json.Unmarshal(o.Value, &open); err != nil {
		return err
	}
	a, err := c.SetRunQuota(ctx, o.Key, wire.RunQuotaRequest{OpenRuns: open}, client.RequestID(o.Request))
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

func begin(typ string) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Start(ctx, wire.StartRequest{Type: typ, WorkflowID: o.Key, Input: o.Value}, client.RequestID(o.Request))
		return load.Told(o, a, err, func() wire.Answered { return a.Answered })
	}
}

// Resolve repeats what is unknown, lifts what is stopped, and reads all runs to their end.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	last := op.Op{}
	for _, typ := range types {
		for _, byVersion := range []bool{false, true} {
			o := op.Op{Process: e.Record.Process(), Workload: "stops", F: "unstop", Key: typ, Value: w.what(typ, byVersion), Node: e.Cluster.Names()[0], Request: fmt.Sprint("last-", typ, byVersion)}
			if _, err := e.Insist(ctx, o, lift(true)); err != nil {
				return err
			}
		}
	}
	if err := w.resumeRest(ctx, e); err != nil {
		return err
	}
	waits, read := runs.NewPatience(), map[string]bool{}
	for { // until no run has started another in the meantime
		known, err := w.list(ctx, e)
		if err != nil {
			return err
		}
		more := slices.DeleteFunc(slices.Sorted(maps.Keys(known)), func(id string) bool { return read[id] })
		if len(more) == 0 {
			break
		}
		if err := load.Each(more, 16, func(_ int, id string) error {
			_, err := runs.ConcludeAs(ctx, e, "stops", id, wire.RunRef{WorkflowID: known[id].WorkflowID, RunID: id}, waits)
			return err
		}); err != nil {
			return err
		}
		for _, id := range more {
			read[id] = true
		}
	}
	for i, call := range []func(context.Context, *client.Client, *op.Op) error{stop, lift(true)} { // the stream has to have everything before them
		o := op.Op{Process: e.Record.Process(), Workload: "stops", F: []string{"stop", "unstop"}[i], Key: kids, Value: w.what(kids, false), Node: e.Cluster.Names()[0], Request: fmt.Sprint("end-", i)}
		var err error
		if last, err = e.Insist(ctx, o, call); err != nil {
			return err
		}
	}
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "stops", F: "stream", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		return load.ReadStream(ctx, c, o, last.Index)
	})
	return err
}

// resumeRest resumes the runs that were left paused by stops which were lifted without that: as a
// batch, which is over when no run is paused.
func (w *Workload) resumeRest(ctx context.Context, e *load.Env) error {
	until := time.Now().Add(runs.Standstill)
	for n := 0; ; n++ {
		for _, typ := range types {
			o := op.Op{Process: e.Record.Process(), Workload: "stops", F: "unstop", Key: typ, Value: w.what(typ, false), Node: e.Cluster.Names()[0], Request: fmt.Sprint("rest-", typ, n)}
			if _, err := e.Insist(ctx, o, lift(true)); err != nil {
				return err
			}
		}
		known, err := w.list(ctx, e)
		if err != nil {
			return err
		}
		paused := 0
		for _, r := range known { // any order: counted
			if r.Status == "paused" {
				paused++
			}
		}
		if paused == 0 || time.Now().After(until) {
			return nil // the checker finds those that stay
		}
		load.Pause(ctx, 300*time.Millisecond)
	}
}

// list reads all runs of both types.
func (w *Workload) list(ctx context.Context, e *load.Env) (map[string]wire.Run, error) {
	known := map[string]wire.Run{}
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "stops", F: "runs", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		clear(known)
		for _, typ := range types {
			for cursor := ""; ; {
				page, err := c.List(ctx, wire.RunFilter{Type: typ}, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
				if err != nil {
					return err
				}
				for _, r := range page.Workflows {
					known[r.RunID] = r
				}
				o.Index = page.Index
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
		}
		var err error
		o.Answer, err = json.Marshal(known)
		return err
	})
	return known, err
}
