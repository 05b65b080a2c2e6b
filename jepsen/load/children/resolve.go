package children

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/past"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Resolve finds out what happened and reads the histories of all trees.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := e.InsistAgain(ctx, w.unknown, w.call); err != nil {
		return err
	}
	runs := make([]wire.RunRef, len(w.starts)) // zero: it did not start
	if err := load.Each(w.starts, 16, func(i int, o op.Op) (err error) {
		if o.Outcome == op.Unknown {
			if o, err = e.Insist(ctx, e.Repeated(o), w.call); err != nil || o.Outcome != op.OK {
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
	if err := past.ReadTrees(ctx, e, "children", runs); err != nil {
		return err
	}
	return errors.Join(past.ReadRuns(ctx, e, "children", "tree"), past.ReadDeploys(ctx, e, "children"))
}
