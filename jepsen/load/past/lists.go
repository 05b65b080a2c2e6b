package past

import (
	"context"
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// ReadRuns records which runs of a type exist: only their names, page by page.
func ReadRuns(ctx context.Context, e *load.Env, workload, typ string) error {
	for cursor := ""; ; {
		next := ""
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "runs", Key: typ, Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.List(ctx, wire.RunFilter{Type: typ}, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
			if err != nil {
				return err
			}
			next, o.Index = a.NextCursor, a.Index
			o.Answer, err = json.Marshal(a.Workflows)
			return err
		})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("the runs of %s cannot be listed: %s", typ, o.Error)
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// ReadDeploys records the whole deploy history, newest first, page by page.
func ReadDeploys(ctx context.Context, e *load.Env, workload string) error {
	for cursor := ""; ; {
		next := ""
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "deploys", Node: e.Cluster.Names()[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			a, err := c.Deploys(ctx, "", wire.Page{Limit: wire.MaxPage, Cursor: cursor})
			if err != nil {
				return err
			}
			next, o.Index = a.NextCursor, a.Index
			o.Answer, err = json.Marshal(a)
			return err
		})
		if err != nil {
			return err
		}
		if o.Outcome != op.OK {
			return fmt.Errorf("the deploy history cannot be read: %s", o.Error)
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
