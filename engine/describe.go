package engine

import (
	"context"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Description is a run and everything it waits for, read at one index.
type Description struct {
	Run     rows.Run
	Pending []rows.Task // the first activities without an outcome, by ordinal
	Total   uint64      // number of all of those

	Input    history.Payload
	Result   *Result    // how it ended; for an open run, only the fields that every run has
	Why      Reasons    // as far as the newest events show
	Unread   uint64     // signals that no wait of its code has consumed
	Children []rows.Run // the first open ones, by ordinal
	Open     uint64     // number of all open children

	Index uint64 // the index of the read
	Chain Chain
}

// Describe returns a run's row with at most limit pending activities.
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
		if d.Run, missing = rd.find(v, ref); missing == nil {
			d.Pending, d.Total = pending(v, d.Run.RunID, limit)
			d.readDetails(v, limit, rd.Only)
			d.Chain = chainOf(v, d.Run)
		}
		return d, d.payloadBytes()
	})
	if err != nil {
		return nil, err
	}
	if missing != nil {
		return nil, missing
	}
	return d, nil
}

// payloadBytes returns the size of the payloads in a description.
func (d *Description) payloadBytes() int {
	n := len(d.Input) + d.Result.payloadBytes()
	for i := range d.Pending {
		n += len(d.Pending[i].Details)
	}
	return n
}

// Reasons are the reasons that people, or the node, gave for a run's state.
type Reasons struct {
	Cancel string // for the request to cancel it
	Pause  string // for pausing it
}

// reasonsAmong is how many of a run's newest events are searched for reasons.
const reasonsAmong = 1_000

// readDetails reads everything about the run that is not in its row.
func (d *Description) readDetails(v fsm.View, limit int, only *fsm.Scope) {
	if first := v.Events(d.Run.RunID, 1, 1); len(first) > 0 {
		if started, ok := first[0].Data.(*history.WorkflowStarted); ok {
			d.Input = started.Input
		}
	}
	d.Result = resultOf(d.Run, terminal(v, d.Run))
	d.Unread = v.UnreadSignals(d.Run.RunID)
	children := v.Children(d.Run.RunID)
	if d.Open = uint64(len(children)); only.Limited() { // how many more are foreign is not told
		d.Open = min(d.Open, uint64(limit))
	}
	for _, id := range children[:min(len(children), limit)] {
		if child, ok := v.Run(id); ok && !only.HasType(child.Type) {
			d.Open--
		} else if ok {
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

// pending lists a run's first activities without an outcome. It counts all of them only if there
// are more, because counting reads their rows.
func pending(v fsm.View, id history.RunID, limit int) (first []rows.Task, total uint64) {
	page := v.Tasks(id, 0, limit+1)
	first, total = page[:min(len(page), limit)], uint64(len(page))
	for more := len(page) > limit; more; more = len(page) == MaxPage {
		page = v.Tasks(id, page[len(page)-1].ID+1, MaxPage)
		total += uint64(len(page))
	}
	return first, total
}

// find is find, as far as the caller may see.
func (rd Read) find(v fsm.View, ref fsm.RunRef) (rows.Run, error) {
	run, err := find(v, ref)
	if err == nil && !rd.Only.HasType(run.Type) {
		return rows.Run{}, notFound(ref)
	}
	return run, err
}

func notFound(ref fsm.RunRef) error {
	return &fsm.NotFound{WorkflowID: ref.WorkflowID, RunID: ref.RunID}
}

// find returns the run that ref addresses: the latest run of its workflow id, unless ref has a run
// id.
func find(v fsm.View, ref fsm.RunRef) (rows.Run, error) {
	id := ref.RunID
	if id.IsZero() {
		id, _ = v.Latest(ref.WorkflowID)
	}
	run, ok := v.Run(id)
	if !ok || run.WorkflowID != ref.WorkflowID {
		return rows.Run{}, notFound(ref)
	}
	return run, nil
}
