package replay

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// void is what reopenings undid in a run's history. It is known before the first turn is replayed,
// so that code meets each event in its final form: a turn that closed the run is skipped, and a
// forgotten outcome is never delivered.
type void struct {
	turns  map[uint64]bool   // turns that closed the run
	forgot map[uint64]uint64 // ordinal -> seq of the newest reopening that undid its outcome
	seqs   map[uint64]bool   // seqs of the reopenings
}

func newVoid(reopened []history.Event) (v void, err error) {
	if len(reopened) == 0 {
		return v, nil
	}
	v = void{turns: make(map[uint64]bool), forgot: make(map[uint64]uint64), seqs: make(map[uint64]bool)}
	last := uint64(1)
	for _, e := range reopened {
		d, ok := e.Data.(*history.WorkflowReopened)
		if !ok || e.Seq <= last {
			return v, fmt.Errorf("event %d is not a WorkflowReopened after event %d", e.Seq, last)
		}
		last = e.Seq
		v.seqs[e.Seq] = true
		if d.Turn != 0 {
			v.turns[d.Turn] = true
		}
		for _, id := range d.Forget {
			v.forgot[id] = e.Seq
		}
	}
	return v, nil
}

// covers reports whether e is an outcome that a later reopening undid.
func (v *void) covers(e history.Event) bool {
	id, _, ok := outcome(e.Data)
	return ok && e.Seq < v.forgot[id]
}

// outcome returns which ordinal an event from outside ends, and whether it is a failure that a
// reopening may undo.
func outcome(d history.Data) (id uint64, failed, ok bool) {
	switch d := d.(type) {
	case *history.TimerFired:
		return d.ID, false, true
	case *history.ActivityCompleted:
		return d.ID, false, true
	case *history.ActivityFailed:
		return d.ID, true, true
	case *history.ResultReceived:
		return d.ID, d.Error != nil, true
	case *history.ChildWorkflowCompleted:
		return d.ID, false, true
	case *history.ChildWorkflowFailed:
		return d.ID, true, true
	case *history.ChildWorkflowCancelled:
		return d.ID, true, !d.Asked
	}
	return 0, false, false
}

// newest returns the seq of the last WorkflowReopened among events, 0 if there is none. Whatever a
// turn sees before it was unseen when the run was reopened, so an earlier request to cancel is
// void.
func newest(events []history.Event) (seq uint64) {
	for _, e := range events {
		if e.Data.Type() == history.TypeWorkflowReopened {
			seq = e.Seq
		}
	}
	return seq
}
