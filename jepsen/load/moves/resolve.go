package moves

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// standing is how runs stand, and what pins each version on one node.
type standing struct {
	Runs map[string]string `json:"runs"` // version, status and number of events of each, by its id
	Open map[string]uint64 `json:"open"` // number of open ones, by version
	Pins map[string]uint64 `json:"pins"` // by version
}

// Resolve finds out what happened, compares pins and runs on every node, and lets all runs end.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := e.InsistAgain(ctx, w.unknown, w.call); err != nil {
		return err
	}
	var known []*run
	for _, r := range w.runs {
		if r.start.Outcome == op.Unknown {
			done, err := e.Insist(ctx, e.Repeated(r.start), w.call)
			if err != nil {
				return err
			}
			if done.Outcome != op.OK {
				continue
			}
		}
		known = append(known, r)
	}
	for _, node := range e.Cluster.Names() {
		if err := w.stand(ctx, e, node); err != nil {
			return err
		}
	}
	waits := runs.NewPatience()
	return errors.Join(load.Each(known, 16, func(_ int, r *run) error {
		for n := r.signal + 1; n <= steps; n++ {
			o := newOp("signal", r.start.Key, arguments{})
			o.Process, o.Node, o.Request = e.Record.Process(), r.start.Node, signalID(r.start.Key, n)
			if _, err := e.Insist(ctx, o, w.call); err != nil {
				return err
			}
		}
		return w.conclude(ctx, e, r, waits)
	}), past.ReadDeploys(ctx, e, "move"))
}

// conclude is runs.Conclude, but does not wait for a run that is quarantined: nobody will come.
func (w *Workload) conclude(ctx context.Context, e *load.Env, r *run, waits *runs.Patience) error {
	ref := wire.RunRef{WorkflowID: r.start.Key}
	for waits.Left() > 0 {
		var a wire.Described
		o := newOp("describe", ref.WorkflowID, arguments{})
		o.Process, o.Node = e.Record.Process(), r.start.Node
		done, err := e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
			d, err := c.Describe(ctx, ref)
			if err == nil {
				a = *d
			}
			return load.Told(o, d, err, func() wire.Answered { return wire.Answered{Indexed: d.Indexed} })
		})
		if err != nil || done.Outcome != op.OK {
			return err
		}
		if !wire.Open(a.Status) {
			break
		}
		if a.Quarantined {
			return nil // the description says why
		}
		load.Pause(ctx, 20*time.Millisecond)
	}
	_, err := runs.Conclude(ctx, e, "move", ref, waits)
	return err
}

// stand records how the runs stand on a node and what pins each version there, as soon as nothing
// changed in between.
func (w *Workload) stand(ctx context.Context, e *load.Env, node string) error {
	for try := 0; ; try++ {
		now := standing{Pins: map[string]uint64{}}
		var before map[string]string
		o := newOp("stand", node, arguments{})
		o.Process, o.Node = e.Record.Process(), node
		done := e.Record.Do(o, func(o *op.Op) (err error) {
			c := e.Client(node)
			if before, _, err = standings(ctx, c); err != nil {
				return err
			}
			for _, v := range w.typ.Versions {
				p, err := c.Pins(ctx, typeName, v, wire.Page{Limit: 1})
				if err != nil {
					return err
				}
				now.Pins[v], o.Index = p.Total, p.Index
			}
			if now.Runs, now.Open, err = standings(ctx, c); err == nil && maps.Equal(before, now.Runs) {
				o.Answer, err = json.Marshal(now)
			}
			return err
		})
		if done.Outcome == op.OK && len(done.Answer) > 0 {
			return nil
		}
		if try > 600 || !load.Pause(ctx, 100*time.Millisecond) {
			return fmt.Errorf("%s does not stand still: %s", node, done.Error)
		}
	}
}

// standings returns how all runs stand, and how many are open, by version.
func standings(ctx context.Context, c *client.Client) (all map[string]string, open map[string]uint64, err error) {
	all, open = map[string]string{}, map[string]uint64{}
	for cursor := ""; ; {
		page, err := c.List(ctx, wire.RunFilter{Type: typeName}, wire.Page{Limit: wire.MaxPage, Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		for _, r := range page.Workflows {
			all[r.WorkflowID] = fmt.Sprint(r.Version, " ", r.Status, " ", r.Events)
			if wire.Open(r.Status) {
				open[r.Version]++
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return all, open, nil
		}
	}
}
