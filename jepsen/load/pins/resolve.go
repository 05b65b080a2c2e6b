package pins

import (
	"context"
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Resolve finds out what happened, lets every run finish, and reads all their histories, the list
// of runs, and the deploy history.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := e.InsistAgain(ctx, w.unknown, w.call); err != nil {
		return err
	}
	if err := load.Each(w.paused, 16, func(i int, id string) error {
		o := newOp("resume", id, arguments{})
		o.Process, o.Node, o.Request = e.Record.Process(), e.Cluster.Names()[0], fmt.Sprintf("pins-settle-%d", i)
		_, err := e.Insist(ctx, o, w.call)
		return err
	}); err != nil {
		return err
	}
	runs := make([]wire.RunRef, len(w.starts)) // zero: it did not start
	if err := load.Each(w.starts, 16, func(i int, o op.Op) error {
		if o.Outcome == op.Unknown {
			done, err := e.Insist(ctx, e.Repeated(o), w.call)
			if err != nil || done.Outcome != op.OK {
				return err
			}
			o.Answer = done.Answer
		}
		if waits(o) {
			s := newOp("signal", o.Key, arguments{})
			s.Process, s.Node, s.Request, s.Repeat = e.Record.Process(), o.Node, o.Key+"-go", true
			if _, err := e.Insist(ctx, s, w.call); err != nil {
				return err
			}
		}
		var a wire.StartAnswer
		if err := json.Unmarshal(o.Answer, &a); err != nil {
			return fmt.Errorf("start %s: %w", o.Key, err)
		}
		runs[i] = wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}
		return nil
	}); err != nil {
		return err
	}
	if err := past.ReadTrees(ctx, e, "pins", runs); err != nil {
		return err
	}
	for _, t := range w.types {
		if err := past.ReadRuns(ctx, e, "pins", t.Name); err != nil {
			return err
		}
	}
	return past.ReadDeploys(ctx, e, "pins")
}
