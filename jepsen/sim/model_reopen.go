package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// turn is a recorded turn. Its count events begin at first.
type turn struct {
	n, through, first, count uint64
	void                     bool // it closed the run, which was then reopened
	cut                      bool
}

// voided returns the number of the turn that a run has to repeat, because its reopening made it
// void; 0 = none.
func (m *Model) voided(id history.RunID) uint64 {
	r := m.runs[id]
	if r == nil || len(r.recorded) == 0 || !r.recorded[len(r.recorded)-1].void {
		return 0
	}
	return r.recorded[len(r.recorded)-1].n
}

// leftOpen returns the ordinals under which a void turn had started children.
func (m *Model) leftOpen(id history.RunID, void uint64) (ordinals []uint64) {
	r := m.runs[id]
	for _, t := range r.recorded {
		for seq := t.first; t.n == void && seq < t.first+t.count && seq <= uint64(len(r.said)); seq++ {
			if e, is := r.said[seq-1].(*history.ChildWorkflowStarted); is {
				ordinals = append(ordinals, e.ID)
			}
		}
	}
	return ordinals
}

func (r *run) reopenedAt() uint64 {
	if len(r.reopened) == 0 {
		return 0
	}
	return r.reopened[len(r.reopened)-1]
}

// purpose is what the run id of a child is derived from, besides its parent and its ordinal: a
// child that is started again is another run.
func (r *run) purpose() string {
	if r.epoch > 0 {
		return fmt.Sprint("child/", r.epoch)
	}
	return "child"
}

func (r *run) adopt(id uint64, child history.RunID) {
	at := len(r.kids)
	for at > 0 && r.kids[at-1].id > id {
		at--
	}
	r.kids = slices.Insert(r.kids, at, kid{id, child, true})
}

// unclock removes everything with a clock under an ordinal that is used again.
func (m *Model) unclock(r *run, id uint64) {
	r.disarm(id)
	if t := r.task(id); t != nil {
		m.endTask(t)
	}
}

func (m *Model) arm(r *run, id uint64, at history.Time) {
	m.unclock(r, id)
	r.timers = append(r.timers, timer{id, at})
}

// isOwn reports whether an open run is the child that r asks for, because a void turn of r started
// it.
func (m *Model) isOwn(r *run, e *history.ChildWorkflowStarted, open *run) bool {
	return r.epoch > 0 && open != nil && open.status.Open() && open.parent == r.id && open.ordinal == e.ID && open.typ == e.WorkflowType && r.kid(e.ID) == nil
}

// begins returns the ordinal that an event begins.
func begins(data history.Data) uint64 {
	switch e := data.(type) {
	case *history.TimerStarted:
		return e.ID
	case *history.ActivityScheduled:
		return e.ID
	case *history.ChildWorkflowStarted:
		return e.ID
	case *history.ResultAwaited:
		return e.ID
	}
	return 0
}

func (m *Model) reopen(c *fsm.ReopenRun) (code string) {
	r := m.resolve(c.Run)
	if r == nil {
		return "not_found"
	}
	switch r.status {
	case history.StatusFailed, history.StatusCancelled, history.StatusTerminated, history.StatusTimedOut:
	default:
		return "invalid_state"
	}
	if m.waitsForJob(r) {
		return later
	}
	if newest := m.runs[m.latest[r.workflowID]]; newest != nil && newest != r {
		if newest.status.Open() {
			return "already_running"
		}
		return "invalid_state"
	}
	on := r.version
	if !c.On.IsZero() {
		on = c.On
	}
	if p := m.loaded[on]; p == nil || !carries(p, r.typ) {
		return "version_unavailable"
	}
	if m.stopped(r.typ, on) {
		return "stopped"
	}
	if !m.within(r.typ, r.depth, nil) {
		return "resource_exhausted"
	}
	if most := m.budget / 10; most > 0 && uint64(len(c.Again)) > most {
		return "resource_exhausted"
	}
	if c.Events != uint64(len(r.lines)) {
		return fenced
	}
	if !r.reopensWith(c) {
		return "invalid_input"
	}
	if c.Turn != 0 {
		r.recorded[len(r.recorded)-1].void = true
		r.through = 0
	}
	r.cut = false
	for _, t := range r.recorded {
		if t.void {
			continue
		}
		if r.cut = t.cut; c.Turn != 0 {
			r.through = t.through
		}
	}
	for _, l := range r.lines[r.through:] {
		if l.typ == history.TypeCancelRequested { // nobody has seen it, and nobody will
			r.cancelAsked = false
		}
	}
	if c.ForgetCancel {
		r.cancelAsked = false
	}
	m.byRules = c.Rules
	was := r.version
	if r.version = on; on != was && m.closedNow(r) {
		m.unpinned[was] = true
	}
	m.append(r, &history.WorkflowReopened{Turn: c.Turn, Forget: c.Forget, ForgetCancel: c.ForgetCancel})
	r.reopened = append(r.reopened, uint64(len(r.lines)))
	r.epoch++
	r.closedAt = 0
	m.latest[r.workflowID] = r.id
	if s := m.schedules[r.schedule]; s != nil && r.startedAt >= s.created && len(s.open) < 1000 && !slices.Contains(s.open, r.id) {
		s.open = append(s.open, r.id)
	}
	m.limitTime(r)
	for _, a := range c.Again {
		switch e := r.said[a.Seq-1].(type) {
		case *history.TimerStarted:
			m.arm(r, e.ID, e.FireAt)
		case *history.ActivityScheduled:
			m.schedule(r, e)
			t := r.task(e.ID)
			t.attempt, t.before = r.attempts, r.attempts
			if a.Asked {
				m.askTask(r, e.ID)
			}
		case *history.ResultAwaited:
			m.await(r, e, true)
		case *history.ChildWorkflowStarted:
			m.adoptOrRestart(r, e, slices.Contains(c.Forget, e.ID))
			if a.Asked {
				m.askKid(r, e.ID)
			}
		}
	}
	if on != was {
		m.noteMove(r, was)
	}
	return ok
}

// reopensWith reports whether a command describes a closed run as its history does.
func (r *run) reopensWith(c *fsm.ReopenRun) bool {
	end, closing := uint64(len(r.lines))+1, uint64(0)
	if n := len(r.recorded); n > 0 {
		if t := r.recorded[n-1]; t.count > 0 && t.first+t.count == end {
			end, closing = t.first, t.n
		}
	}
	if c.Turn != closing {
		return false
	}
	last, forget := uint64(0), c.Forget
	for _, a := range c.Again {
		if a.ID <= last || a.Seq == 0 || a.Seq >= end || begins(r.said[a.Seq-1]) != a.ID {
			return false
		}
		last = a.ID
		if len(forget) > 0 && forget[0] == a.ID {
			forget = forget[1:]
		}
	}
	return len(forget) == 0
}

// adoptOrRestart gives a reopened run its child back: the open one, the outcome of one that
// completed, or a new one.
func (m *Model) adoptOrRestart(r *run, e *history.ChildWorkflowStarted, forgotten bool) {
	child, gone := m.newestOf(r, e)
	switch {
	case child != nil && child.status.Open():
		r.adopt(e.ID, child.id)
	case child != nil && child.status == history.StatusCompleted:
		m.append(r, &history.ChildWorkflowCompleted{ID: e.ID})
	case gone && !forgotten && e.OnClose != history.CloseTerminate: // it may have completed
		m.append(r, &history.ChildWorkflowFailed{ID: e.ID})
	default:
		m.startChild(r, e)
	}
}

// newestOf finds the run that a child of r has come to: nil if it never started, or with gone if it
// is not kept.
func (m *Model) newestOf(r *run, e *history.ChildWorkflowStarted) (child *run, gone bool) {
	child = m.runs[m.latest[e.WorkflowID]]
	if child == nil || child.parent != r.id || child.ordinal != e.ID {
		for id := e.RunID; ; {
			if child = m.runs[id]; child == nil {
				break
			}
			end := child.said[len(child.said)-1]
			if id = history.Next(end); child.status == history.StatusContinuedAsNew {
				id = history.DeriveRunID(child.id, "continue", 1)
			}
			if id.IsZero() {
				break
			}
		}
		gone = child == nil && !e.RunID.IsZero()
	}
	return child, gone
}
