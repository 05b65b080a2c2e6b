package audit

import (
	"maps"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// retold is what the checker keeps of a run that was reopened, to tell from its history alone what
// had to be taken up again.
type retold struct {
	turns    []history.Turn
	void     map[uint64]bool
	timeout  history.Duration
	began    []history.Event // by order of event: what begins an ordinal
	ended    map[work]uint64 // -> seq of the event that ended it
	cancelAt uint64          // seq of the newest CancelRequested
}

// retell prepares n for a history with reopenings.
func (c *checker) retell(n *recount) {
	if run := &n.row.Run; len(run.Reopened) > 0 {
		n.retold = &retold{turns: c.p.Turns(run.RunID, 0, int(run.Turns)+1), void: map[uint64]bool{}, ended: map[work]uint64{}}
	}
}

// Retell goes through a history with its turns and returns what it began, in order, without what
// reopenings took back, and which event ended each of these: a reopening takes up what nothing did.
func Retell(turns []history.Turn, events []history.Event) (began []history.Event, ended func(begin history.Data) (seq uint64, over bool)) {
	n := &recount{row: new(rows.RunRow), retold: &retold{turns: turns, void: map[uint64]bool{}, ended: map[work]uint64{}}}
	for _, e := range events {
		n.retold.note(e)
		if d, ok := e.Data.(*history.WorkflowReopened); ok {
			n.reopen(e, d)
		}
	}
	return n.retold.began, func(begin history.Data) (seq uint64, over bool) {
		seq, over = n.retold.ended[workOf(begin)]
		return seq, over
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
		if r.timeout = d.Timeout; d.ChainLeft > 0 && (r.timeout == 0 || d.ChainLeft < r.timeout) {
			r.timeout = d.ChainLeft
		}
	case *history.CancelRequested:
		r.cancelAt = e.Seq
	}
	if w, ok := ends(e.Data); ok && r.ended[w] == 0 { // a turn may give up what ended before it looked: the end counts, also when the turn is void later
		r.ended[w] = e.Seq
	}
}

// work is what an ordinal stands for.
type work struct {
	kind history.Type // of the event that begins it
	id   uint64
}

func workOf(begin history.Data) work { return work{begin.Type(), begins(begin)} }

// ends returns which work an event ends.
func ends(data history.Data) (work, bool) {
	switch d := data.(type) {
	case *history.TimerFired:
		return work{history.TypeTimerStarted, d.ID}, true
	case *history.TimerCancelled:
		return work{history.TypeTimerStarted, d.ID}, true
	case *history.ActivityCompleted:
		return work{history.TypeActivityScheduled, d.ID}, true
	case *history.ActivityFailed:
		return work{history.TypeActivityScheduled, d.ID}, true
	case *history.ActivityCancelled:
		return work{history.TypeActivityScheduled, d.ID}, true
	case *history.ResultReceived:
		return work{history.TypeResultAwaited, d.ID}, true
	case *history.AwaitCancelled:
		return work{history.TypeResultAwaited, d.ID}, true
	case *history.ChildWorkflowCompleted:
		return work{history.TypeChildWorkflowStarted, d.ID}, true
	case *history.ChildWorkflowFailed:
		return work{history.TypeChildWorkflowStarted, d.ID}, true
	case *history.ChildWorkflowCancelled:
		return work{history.TypeChildWorkflowStarted, d.ID}, true
	}
	return work{}, false
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
	maps.DeleteFunc(r.ended, func(w work, seq uint64) bool { return seq >= from || slices.Contains(d.Forget, w.id) })
	n.cancel = n.cancel && r.cancelAt <= through && !d.ForgetCancel
	if r.timeout > 0 {
		n.timers = append(n.timers, armedTimer{0, rows.Due(e.At, r.timeout)})
	}
	for _, b := range r.began {
		if _, over := r.ended[workOf(b.Data)]; !over {
			n.apply(b)
		}
	}
}

// seen is the newest event that the code of n has seen, which is what its newest turn saw unless a
// reopening took that back.
func (n *recount) seen(turns []history.Turn) (through uint64) {
	for _, turn := range turns {
		if n.retold == nil || !n.retold.void[turn.N] {
			through = turn.Through
		}
	}
	return through
}
