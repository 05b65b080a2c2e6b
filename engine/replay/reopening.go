package replay

import "aion.dev/aion/fsm/history"

// Reopening is what a reopened run forgets and starts again.
type Reopening struct {
	Forget []uint64 // ordinals of failed steps whose failure code has not acted on, ascending
	Again  []Begun  // everything started that then has no outcome, including what is forgotten, by ordinal
	Cancel bool     // a request to cancel that turns had seen is forgotten, because code did not know of it and nothing has ended with it
}

// Begun is a timer, activity or child that was started.
type Begun struct {
	ID  uint64
	Seq uint64 // of the event that asked for it, or that started the child again after an earlier reopening

	Asked bool // it was asked to end before, which counts
}

// Reopening returns what is open if the run is reopened at the point to which Replay brought m:
// before the turn that closed the run, or after its newest turn if none did. rest are all events
// with seq > Seen(), in order, including those of the turn that closed it.
//
// Code has acted on an outcome once it could have learned of it. A failure among rest counts as not
// acted on, whatever the closing turn did with it.
func (m *Machine) Reopening(rest []history.Event) (r Reopening, err error) {
	if err := m.usable(); err != nil {
		return r, err
	}
	l := m.ledger
	failed := make(map[uint64]bool) // ordinals with an outcome in rest, and whether it is a failure
	again := make(map[uint64]uint64)
	for _, e := range rest {
		if l.void.covers(e) {
			continue
		}
		if id, bad, ok := outcome(e.Data); ok {
			failed[id] = bad
		} else if d, ok := e.Data.(*history.ChildWorkflowStarted); ok {
			again[d.ID] = e.Seq
		}
	}
	r.Cancel = l.cancel.forgettable()
	for _, f := range l.futures {
		bad, ended := failed[f.id]
		forget := f.Done && f.failed && !f.looked || !f.Done && ended && bad
		if forget {
			r.Forget = append(r.Forget, f.id)
		}
		if forget || !f.Done && !ended && f.seq != 0 {
			r.Again = append(r.Again, Begun{ID: f.id, Seq: max(f.seq, again[f.id]), Asked: f.asked && (f.byCode || !r.Cancel)})
		}
	}
	return r, nil
}
