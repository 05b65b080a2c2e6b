package replay

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// void is what reopenings took back from a run's history. It is known before the first turn is
// shown again, so that code meets each event as it does in the end: a turn that closed the run is
// passed over, and what was to be forgotten is never delivered.
type void struct {
	turns  map[uint64]bool   // that closed the run
	forgot map[uint64]uint64 // ordinal -> seq of the newest reopening that took its outcome back
	seqs   map[uint64]bool   // of the reopenings
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
			return v, fmt.Errorf("event %d is no WorkflowReopened that comes after event %d", e.Seq, last)
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

// covers reports whether e is an outcome that a later reopening took back.
func (v *void) covers(e history.Event) bool {
	id, _, ok := outcome(e.Data)
	return ok && e.Seq < v.forgot[id]
}

// outcome tells which ordinal an event from outside ends, and whether it is a failure that a
// reopening may take back.
func outcome(d history.Data) (id uint64, failed, ok bool) {
	switch d := d.(type) {
	case *history.TimerFired:
		return d.ID, false, true
	case *history.ActivityCompleted:
		return d.ID, false, true
	case *history.ActivityFailed:
		return d.ID, true, true
	case *history.ChildWorkflowCompleted:
		return d.ID, false, true
	case *history.ChildWorkflowFailed:
		return d.ID, true, true
	case *history.ChildWorkflowCancelled:
		return d.ID, true, !d.Asked
	}
	return 0, false, false
}

// newest is the seq of the last WorkflowReopened among events, 0 if there is none. All that a turn
// sees before it was unseen when the run was reopened, so a request to cancel among it is void.
func newest(events []history.Event) (seq uint64) {
	for _, e := range events {
		if e.Data.Type() == history.TypeWorkflowReopened {
			seq = e.Seq
		}
	}
	return seq
}
