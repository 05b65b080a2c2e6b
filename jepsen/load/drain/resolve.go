package drain

import (
	"context"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Resolve finds out what happened, lets every run end, and reads the whole stream of events.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := e.InsistAgain(ctx, w.unknown, w.call); err != nil {
		return err
	}
	if err := load.Each(w.started, 16, func(_ int, o op.Op) error {
		if o.Outcome == op.Unknown {
			done, err := e.Insist(ctx, e.Repeated(o), w.call)
			if err != nil || done.Outcome != op.OK {
				return err
			}
		}
		s := newOp("signal", o.Key, arguments{})
		s.Process, s.Node, s.Request, s.Repeat = e.Record.Process(), o.Node, o.Key+"-go", true
		if _, err := e.Insist(ctx, s, w.call); err != nil {
			return err
		}
		r := newOp("result", o.Key, arguments{})
		r.Process, r.Node = e.Record.Process(), o.Node
		_, err := e.Insist(ctx, r, load.Ended)
		return err
	}); err != nil {
		return err
	}
	last := newOp("load", w.types[0].Name, arguments{Type: w.types[0].Name, NoRoute: true})
	last.Process, last.Node, last.Request = e.Record.Process(), e.Cluster.Names()[0], "drain-last"
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
