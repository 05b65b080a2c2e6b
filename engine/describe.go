package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Describe returns a run's row, and the index it was read at.
func (e *Engine) Describe(ctx context.Context, rd Read, ref fsm.RunRef) (*fsm.Run, uint64, error) {
	if err := checkRef(ref); err != nil {
		return nil, 0, err
	}
	var run fsm.Run
	var index uint64
	var missing error
	err := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		run, missing = find(v, ref)
	})
	if err != nil {
		return nil, 0, err
	}
	if missing != nil {
		return nil, index, missing
	}
	return &run, index, nil
}

// find returns the run that ref addresses: the latest of its workflow id unless a run id is given.
func find(v fsm.View, ref fsm.RunRef) (fsm.Run, error) {
	id := ref.RunID
	if id.IsZero() {
		id, _ = v.Latest(ref.WorkflowID)
	}
	run, ok := v.Run(id)
	if !ok || run.WorkflowID != ref.WorkflowID {
		return fsm.Run{}, &fsm.NotFound{WorkflowID: ref.WorkflowID, RunID: ref.RunID}
	}
	return run, nil
}
