package canary

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Resolve finds out what happened, waits for the end of all runs, and reads who ran on what, the
// whole stream of events, and the canaries as each node has them.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := e.InsistAgain(ctx, w.unknown, w.call); err != nil {
		return err
	}
	if err := load.Each(w.starts, 16, func(_ int, o op.Op) error {
		if o.Outcome == op.Unknown {
			done, err := e.Insist(ctx, e.Repeated(o), w.call)
			if err != nil || done.Outcome != op.OK {
				return err
			}
		}
		r := newOp("result", o.Key, arguments{})
		r.Process, r.Node = e.Record.Process(), o.Node
		_, err := e.Insist(ctx, r, load.Ended)
		return err
	}); err != nil {
		return err
	}
	for _, t := range w.types {
		if err := past.ReadRuns(ctx, e, name, t.Name); err != nil {
			return err
		}
	}
	last := newOp("load", w.types[0].Name, arguments{Type: w.types[0].Name, Version: 1})
	last.Process, last.Node, last.Request = e.Record.Process(), e.Cluster.Names()[0], "canary-last"
	last, err := e.Insist(ctx, last, w.call)
	if err != nil {
		return err
	}
	for _, node := range e.Cluster.Names() {
		o := newOp("look", w.types[0].Name, arguments{Type: w.types[0].Name})
		o.Process, o.Node = e.Record.Process(), node
		for {
			o := e.Call(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
				a, err := c.Canaries(ctx, client.Stale(), client.MinIndex(last.Index))
				if err == nil {
					o.Index = a.Index
					o.Answer, err = json.Marshal(a)
				}
				return err
			})
			if o.Outcome == op.OK {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			load.Pause(ctx, 100*time.Millisecond)
		}
	}
	o := newOp("stream", "", arguments{})
	o.Process, o.Node = e.Record.Process(), e.Cluster.Names()[0]
	_, err = e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
		return load.ReadStream(ctx, c, o, last.Index)
	})
	return err
}
