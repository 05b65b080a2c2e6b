package past

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// ReadChains records the whole deploy history as each node has it of its own, once it has applied
// an index.
func ReadChains(ctx context.Context, e *load.Env, workload string, index uint64) error {
	return load.Each(e.Cluster.Names(), len(e.Cluster.Names()), func(_ int, node string) error {
		for cursor := ""; ; {
			next := ""
			o := e.Call(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "chain", Key: node, Node: node}, func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Deploys(ctx, "", wire.Page{Limit: wire.MaxPage, Cursor: cursor}, client.MinIndex(max(index, 1)))
				if err != nil {
					return err
				}
				next, o.Index = a.NextCursor, a.Index
				o.Answer, err = json.Marshal(a)
				return err
			})
			if o.Outcome == op.OK {
				if cursor = next; cursor == "" {
					return nil
				}
				continue
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("%s does not list the deploy history: %s", node, o.Error)
			}
		}
	})
}

// CheckChains judges what ReadChains recorded, by the specification of the chain alone: each node's
// history is linked from its oldest act to its head, and no two nodes tell an act differently.
func CheckChains(ops []op.Op) (found []load.Violation) {
	pages := map[string][]wire.Deploy{}
	heads, ids := map[string]string{}, map[string][]int{}
	for _, o := range ops {
		var page wire.Deploys
		if o.F != "chain" || o.Outcome != op.OK || json.Unmarshal(o.Answer, &page) != nil {
			continue
		}
		if _, ok := heads[o.Key]; !ok {
			heads[o.Key] = page.Chain
		}
		pages[o.Key], ids[o.Key] = append(pages[o.Key], page.Deploys...), append(ids[o.Key], o.ID)
	}
	type told struct{ node, chain string }
	acts := map[wire.DeployPlace]told{}
	for _, node := range slices.Sorted(maps.Keys(pages)) {
		bad := func(format string, args ...any) {
			found = append(found, load.Violation{Checker: "chain", What: node + ": " + fmt.Sprintf(format, args...), Ops: ids[node]})
		}
		if c := wire.CheckDeploys(pages[node], heads[node]); !c.OK {
			bad("the deploy history is not linked at %+v: %s", c.Wrong, c.Why)
		}
		for _, d := range pages[node] {
			place := wire.DeployPlace{Index: d.Index, N: d.N}
			if other, ok := acts[place]; !ok {
				acts[place] = told{node, d.Chain}
			} else if other.chain != d.Chain {
				bad("record %d.%d has the chain %q, at %s %q", d.Index, d.N, d.Chain, other.node, other.chain)
			}
		}
	}
	return found
}
