package deployments

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
)

// Resolve repeats operations with unknown outcomes under their request ids, looks once more,
// freshly and at each node's own state, and reads the deploy history, also as each node has it.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	byName := map[string]pair{}
	for _, p := range w.pairs {
		byName[p.left.Name] = p
	}
	if err := load.Each(w.unknown, 16, func(_ int, o op.Op) error {
		_, err := e.Insist(ctx, e.Repeated(o), w.call(byName[o.Key]))
		return err
	}); err != nil {
		return err
	}
	for _, node := range e.Cluster.Names() {
		for _, f := range []string{"look", "stale"} {
			ask := arguments{Generation: -1}
			if f == "stale" {
				ask.Min = w.acked.Load()
			}
			for {
				o := w.look(ctx, e, op.Op{Process: e.Record.Process(), Workload: name, F: f, Node: node}, ask)
				if o.Outcome == op.OK {
					break
				}
				select {
				case <-time.After(100 * time.Millisecond):
				case <-ctx.Done():
					return fmt.Errorf("%s lists no versions: %s", node, o.Error)
				}
			}
		}
	}
	if err := past.ReadDeploys(ctx, e, name); err != nil {
		return err
	}
	return past.ReadChains(ctx, e, name, w.acked.Load())
}
