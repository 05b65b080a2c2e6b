package ephemeral

import (
	"context"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Resolve finds out what happened, lets every run end, and reads the whole stream of events.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := load.Each(w.unknown, 16, func(_ int, o op.Op) error {
		_, err := e.Insist(ctx, e.Repeated(o), w.call)
		return err
	}); err != nil {
		return err
	}
	if err := load.Each(w.started, 16, func(_ int, o op.Op) error {
		if o.Outcome == op.Unknown {
			done, err := e.Insist(ctx, e.Repeated(o), w.call)
			if err != nil || done.Outcome != op.OK {
				return err
			}
		}
		s := newOp("terminate", o.Key, arguments{})
		s.Process, s.Node, s.Request, s.Repeat = e.Record.Process(), o.Node, o.Key+"-end", true
		if _, err := e.Insist(ctx, s, w.call); err != nil {
			return err
		}
		r := newOp("result", o.Key, arguments{})
		r.Process, r.Node = e.Record.Process(), o.Node
		_, err := e.Insist(ctx, r, result)
		return err
	}); err != nil {
		return err
	}
	last := newOp("keep", w.types[0].Name, arguments{Type: w.types[0].Name})
	last.Process, last.Node, last.Request = e.Record.Process(), e.Cluster.Names()[0], "ephemeral-last"
	last, err := e.Insist(ctx, last, w.call)
	if err != nil {
		return err
	}
	o := newOp("stream", "", arguments{})
	o.Process, o.Node = e.Record.Process(), e.Cluster.Names()[0]
	_, err = e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
		return load.ReadStream(ctx, c, o, last.Index)
	})
	return err
}

// result waits until a run is over.
func result(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Result(ctx, wire.RunRef{WorkflowID: o.Key}, 5*time.Second)
	if err == nil && wire.Open(a.Status) {
		return wire.New("unavailable", "the run is still "+a.Status) // ask again
	}
	return load.Told(o, a, err, func() wire.Answered { return wire.Answered{Indexed: a.Indexed} })
}
