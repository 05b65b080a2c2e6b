package engine

import (
	"context"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// Description is a run with what it waits for, all of one moment.
type Description struct {
	Run     fsm.Run
	Pending []fsm.Task // the first activities without an outcome, by ordinal
	Total   uint64     // how many there are altogether
	Index   uint64     // at which all of it was read
}

// Describe returns a run's row with at most limit of its pending activities.
func (e *Engine) Describe(ctx context.Context, rd Read, ref fsm.RunRef, limit int) (*Description, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	limit, err := checkPage(limit)
	if err != nil {
		return nil, err
	}
	var d Description
	var missing error
	err = e.read(ctx, rd, func(v fsm.View) {
		d.Index = v.Index()
		if d.Run, missing = find(v, ref); missing == nil {
			d.Pending, d.Total = pending(v, d.Run.RunID, limit)
		}
	})
	if err != nil {
		return nil, err
	}
	if missing != nil {
		return nil, missing
	}
	return &d, nil
}

// pending lists the first activities of a run without an outcome. All are counted only if there are more: their rows are read for it.
func pending(v fsm.View, id history.RunID, limit int) (first []fsm.Task, total uint64) {
	page := v.Tasks(id, 0, limit+1)
	first, total = page[:min(len(page), limit)], uint64(len(page))
	for more := len(page) > limit; more; more = len(page) == MaxPage {
		page = v.Tasks(id, page[len(page)-1].ID+1, MaxPage)
		total += uint64(len(page))
	}
	return first, total
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
