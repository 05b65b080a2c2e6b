package runs

import (
	"context"
	"encoding/json"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Start starts a run of the type under o.Key with o.Value as input.
func Start(typ string) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		a, err := c.Start(ctx, wire.StartRequest{Type: typ, WorkflowID: o.Key, Input: o.Value}, client.RequestID(o.Request))
		if err == nil {
			o.Answered(a.Answered)
			o.Answer, _ = json.Marshal(a)
		}
		return err
	}
}
