package load

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Deploy loads packages on a healthy cluster and routes to them.
func Deploy(ctx context.Context, e *Env, packages ...Package) error {
	for _, p := range packages {
		archive, version, err := p.Pack()
		if err != nil {
			return err
		}
		value, _ := json.Marshal(version)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "setup", F: "load", Key: p.Type, Value: value, Request: "setup-" + version, Node: e.Cluster.Names()[0]},
			func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Load(ctx, archive, wire.LoadOptions{}, client.RequestID(o.Request))
				if err == nil {
					o.Answered(a.Answered)
				}
				return err
			})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("load %s: %s", p.Type, strings.TrimSpace(o.Error))
		}
	}
	return nil
}
