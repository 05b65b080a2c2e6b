package fsm

import (
	"slices"

	"aion.dev/aion/engine/history"
)

// retold is what the checker keeps of a run that was reopened, to tell from its history alone what had to be taken up again.
type retold struct {
	turns    []history.Turn
	void     map[uint64]bool
	timeout  history.Duration
	began    []history.Event   // by order of event: what begins an ordinal
	ended    map[uint64]uint64 // ordinal -> seq of the event that ended it
	cancelAt uint64            // seq of the newest CancelRequested
}

// retell prepares n for a history with reopenings.
func (c *checker) retell(n *recount) {
	if run := &n.row.Run; len(run.Reopened) > 0 {
		n.retold = &retold{turns: c.p.Turns(run.RunID, 0, int(run.Turns)+1), void: map[uint64]bool{}, ended: map[uint64]uint64{}}
	}
}

// note keeps one event.
func (r *retold) note(e history.Event) {
	if r == nil {
		return
	}
	if begins(e.Data) != 0 {
		r.began = append(r.began, e)
	}
	switch d := e.Data.(type) {
	case *history.WorkflowStarted:
		r.timeout = d.Timeout
	case *history.CancelRequested:
		r.cancelAt = e.Seq
	case *history.TimerFired:
		r.ended[d.ID] = e.Seq
	case *history.TimerCancelled:
		r.ended[d.ID] = e.Seq
	case *history.ActivityCompleted:
		r.ended[d.ID] = e.Seq
	case *history.ActivityFailed:
		r.ended[d.ID] = e.Seq
	case *history.ActivityCancelled:
		r.ended[d.ID] = e.Seq
	case *history.ChildWorkflowCompleted:
		r.ended[d.ID] = e.Seq
	case *history.ChildWorkflowFailed:
		r.ended[d.ID] = e.Seq
	case *history.ChildWorkflowCancelled:
		r.ended[d.ID] = e.Seq
	}
}

// reopen puts n where the reopening must have put it.
func (n *recount) reopen(e history.Event, d *history.WorkflowReopened) {
	r := n.retold
	from, through := e.Seq, uint64(0) // the void events begin at from
	if d.Turn != 0 {
		r.void[d.Turn] = true
	}
	for _, turn := range r.turns {
		switch {
		case turn.N == d.Turn:
			from = turn.FirstSeq
		case turn.FirstSeq < e.Seq && !r.void[turn.N]:
			through = turn.Through
		}
	}
	r.began = slices.DeleteFunc(r.began, func(b history.Event) bool { return b.Seq >= from })
	for _, id := range sortedIDs(r.ended) {
		if r.ended[id] >= from || slices.Contains(d.Forget, id) {
			delete(r.ended, id)
		}
	}
	n.cancel = n.cancel && r.cancelAt <= through
	if r.timeout > 0 {
		n.timers = append(n.timers, armedTimer{0, due(e.At, r.timeout)})
	}
	for _, b := range r.began {
		if _, over := r.ended[begins(b.Data)]; over {
			continue
		}
		n.apply(b)
	}
}

func sortedIDs(m map[uint64]uint64) []uint64 {
	ids := make([]uint64, 0, len(m))
	for id := range m { // any order: they are sorted below
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// seen is the newest event that the code of n has seen, which is what its newest turn saw unless a reopening took that back.
func (n *recount) seen(turns []history.Turn) (through uint64) {
	for _, turn := range turns {
		if n.retold == nil || !n.retold.void[turn.N] {
			through = turn.Through
		}
	}
	return through
}
