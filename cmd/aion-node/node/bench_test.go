package node

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// BenchmarkHTTPRun measures a no-op run through the HTTP API, from the start to its result: real
// nodes with real sockets and disks, all in this process. The callers call the first node, which
// forwards their calls if it does not lead, as in a cluster behind a load balancer.
func BenchmarkHTTPRun(b *testing.B) {
	for _, nodes := range []int{1, 3} {
		for _, callers := range []int{1, 64, 256, 1024} {
			b.Run(fmt.Sprintf("nodes=%d/callers=%d", nodes, callers), func(b *testing.B) {
				c := bootMany(b, nodes)
				if _, err := c.Load(b.Context(), noop(b), wire.LoadOptions{}); err != nil {
					b.Fatal(err)
				}
				measure(b, callers, func(int) error {
					a, err := c.StartAndWait(b.Context(), wire.StartRequest{Type: "noop", Input: json.RawMessage("1")}, time.Minute)
					if err == nil && a.Status != "completed" {
						err = fmt.Errorf("the run is %s", a.Status)
					}
					return err
				})
			})
		}
	}
}

// bootMany runs a cluster and returns a client of its first node.
func bootMany(b *testing.B, nodes int) *client.Client {
	b.Helper()
	if nodes == 1 {
		c, _ := boot(b, settings(b))
		return c
	}
	var first *client.Client
	var join []string
	for i := range nodes {
		cfg := settings(b)
		join = append(join, cfg.Gossip.Address)
		cfg.Node.ID, cfg.Cluster.BootstrapExpect, cfg.Cluster.Join = fmt.Sprintf("n%d", i), nodes, slices.Clone(join)
		if err := cfg.Validate(); err != nil {
			b.Fatal(err)
		}
		if c, _ := boot(b, cfg); first == nil {
			first = c
		}
	}
	return first
}

func noop(b *testing.B) []byte {
	b.Helper()
	data, err := catalog.Write(catalog.Manifest{
		Format: catalog.Format, ABI: catalog.ABI, Activities: []string{},
		Workflows: []catalog.Workflow{{Type: "noop", EntryModule: "noop", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "noop.star", Source: []byte("def run(ctx, input):\n    return input\n")}})
	if err != nil {
		b.Fatal(err)
	}
	return data
}
