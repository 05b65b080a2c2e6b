package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
)

// Resolve repeats operations with unknown outcomes under their request ids, reads every type once
// more, freshly and as each node has it, and reads the whole deploy history, which is what was
// committed, also as each node has it.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	byName := map[string]load.Type{}
	for _, t := range w.types {
		byName[t.Name] = t
	}
	if err := load.Each(w.unknown, 16, func(_ int, o op.Op) error {
		if o.F == "list" || o.F == "stale" {
			return nil
		}
		_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: o.Workload, F: o.F, Key: o.Key, Value: o.Value, Request: o.Request, Node: o.Node, Repeat: true}, w.call(byName[o.Key]))
		return err
	}); err != nil {
		return err
	}
	if err := load.Each(w.types, 16, func(i int, t load.Type) error {
		_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "catalog", F: "list", Key: t.Name, Value: json.RawMessage(`{"version":-1}`), Node: e.Cluster.Names()[i%len(e.Cluster.Names())]}, w.call(t))
		return err
	}); err != nil {
		return err
	}
	last, _ := json.Marshal(arguments{Version: -1, Min: w.acked.Load()})
	if err := load.Each(e.Cluster.Names(), len(e.Cluster.Names()), func(_ int, node string) error {
		return load.Each(w.types, 8, func(_ int, t load.Type) error {
			return w.ownView(ctx, e, node, t, last)
		})
	}); err != nil {
		return err
	}
	if err := past.ReadDeploys(ctx, e, "catalog"); err != nil {
		return err
	}
	return past.ReadChains(ctx, e, "catalog", w.acked.Load())
}

// ownView records a type as one node has it once it has applied everything that was acknowledged.
// No other node can answer for it.
func (w *Workload) ownView(ctx context.Context, e *load.Env, node string, t load.Type, ask json.RawMessage) error {
	for {
		o := e.Call(ctx, op.Op{Process: e.Record.Process(), Workload: "catalog", F: "stale", Key: t.Name, Value: ask, Node: node}, w.call(t))
		if o.Outcome == op.OK {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%s does not list %s: %s", node, t.Name, o.Error)
		}
	}
}
