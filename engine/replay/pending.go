package replay

import "aion.dev/aion/fsm/history"

// Pending returns what code has started and what has no outcome, by ordinal, at the point to which
// Replay brought m, once the events of rest have come, too: those with seq > Seen(), in order. It
// is what a run that begins with this part of the history must have under way.
func (m *Machine) Pending(rest []history.Event) (pending []Begun, err error) {
	if err := m.usable(); err != nil {
		return nil, err
	}
	l := m.ledger
	ended, again := make(map[uint64]bool), make(map[uint64]uint64)
	for _, e := range rest {
		if l.void.covers(e) {
			continue
		}
		if id, _, ok := outcome(e.Data); ok {
			ended[id] = true
		} else if d, ok := e.Data.(*history.ChildWorkflowStarted); ok {
			again[d.ID] = e.Seq
		}
	}
	for _, f := range l.futures {
		if !f.Done && !ended[f.id] && f.seq != 0 {
			pending = append(pending, Begun{ID: f.id, Seq: max(f.seq, again[f.id]), Asked: f.asked})
		}
	}
	return pending, nil
}

// Consumed returns how many signals the waits of the code have taken so far.
func (m *Machine) Consumed() uint64 { return m.ledger.consumed }
