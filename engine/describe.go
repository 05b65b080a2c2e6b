package engine

import (
	"context"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Description is a run with what it waits for, all of one moment.
type Description struct {
	Run     rows.Run
	Pending []rows.Task // the first activities without an outcome, by ordinal
	Total   uint64      // how many there are altogether

	Input    history.Payload
	Result   *Result    // how it ended; of an open run only what is the same for all
	Why      Reasons    // as far as its newest events tell
	Unread   uint64     // signals that its code has not taken
	Children []rows.Run // the first open ones, by ordinal
	Open     uint64     // how many of those there are altogether

	Index uint64 // at which all of it was read
	Chain Chain
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
	if err := e.freshen(ctx, rd); err != nil {
		return nil, err
	}
	var missing error
	d, err := sized(ctx, e, rd, func(v fsm.View) (*Description, int) {
		d := &Description{Index: v.Index()}
		if d.Run, missing = find(v, ref); missing == nil {
			d.Pending, d.Total = pending(v, d.Run.RunID, limit)
			d.tell(v, limit)
			d.Chain = chainOf(v, d.Run)
		}
		return d, d.bytes()
	})
	if err != nil {
		return nil, err
	}
	if missing != nil {
		return nil, missing
	}
	return d, nil
}

// bytes are those of the payloads in a description.
func (d *Description) bytes() int {
	n := len(d.Input) + d.Result.bytes()
	for i := range d.Pending {
		n += len(d.Pending[i].Details)
	}
	return n
}

// Reasons are what people, or the node, gave as reason for how a run stands.
type Reasons struct {
	Cancel string // of the request to cancel it
	Pause  string // of a paused run
}

// reasonsAmong is how many of a run's newest events are looked through for reasons.
const reasonsAmong = 1_000

// tell reads what else there is to know of the run.
func (d *Description) tell(v fsm.View, limit int) {
	if first := v.Events(d.Run.RunID, 1, 1); len(first) > 0 {
		if started, ok := first[0].Data.(*history.WorkflowStarted); ok {
			d.Input = started.Input
		}
	}
	d.Result = resultOf(d.Run, terminal(v, d.Run))
	d.Unread = v.UnreadSignals(d.Run.RunID)
	children := v.Children(d.Run.RunID)
	d.Open = uint64(len(children))
	for _, id := range children[:min(len(children), limit)] {
		if child, ok := v.Run(id); ok {
			d.Children = append(d.Children, child)
		}
	}
	paused := d.Run.Status == history.StatusPaused
	if !paused && !d.Run.CancelAsked {
		return
	}
	from := d.Run.Events - min(d.Run.Events-1, reasonsAmong-1)
	for _, e := range slices.Backward(v.Events(d.Run.RunID, from, reasonsAmong)) {
		switch data := e.Data.(type) {
		case *history.WorkflowPaused:
			if paused {
				d.Why.Pause, paused = data.Reason, false
			}
		case *history.CancelRequested:
			d.Why.Cancel = orElse(d.Why.Cancel, data.Reason)
		}
	}
}

// pending lists the first activities of a run without an outcome. All are counted only if there are
// more: their rows are read for it.
func pending(v fsm.View, id history.RunID, limit int) (first []rows.Task, total uint64) {
	page := v.Tasks(id, 0, limit+1)
	first, total = page[:min(len(page), limit)], uint64(len(page))
	for more := len(page) > limit; more; more = len(page) == MaxPage {
		page = v.Tasks(id, page[len(page)-1].ID+1, MaxPage)
		total += uint64(len(page))
	}
	return first, total
}

// find returns the run that ref addresses: the latest of its workflow id unless a run id is given.
func find(v fsm.View, ref fsm.RunRef) (rows.Run, error) {
	id := ref.RunID
	if id.IsZero() {
		id, _ = v.Latest(ref.WorkflowID)
	}
	run, ok := v.Run(id)
	if !ok || run.WorkflowID != ref.WorkflowID {
		return rows.Run{}, &fsm.NotFound{WorkflowID: ref.WorkflowID, RunID: ref.RunID}
	}
	return run, nil
}
