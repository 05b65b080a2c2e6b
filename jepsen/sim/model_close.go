package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// closing is a run to be closed and the event that does it, which may stand in its history already.
type closing struct {
	run  *run
	with history.Data
	done bool
}

// shut closes a run and all that follows from that, level by level.
func (m *Model) shut(first closing) {
	for queue := []closing{first}; len(queue) > 0; queue = queue[1:] {
		r := queue[0].run
		if !queue[0].done {
			if !r.status.Open() {
				continue
			}
			m.append(r, queue[0].with)
		}
		r.closedAt, r.timers, r.deadline = m.now, nil, 0
		for _, t := range slices.Clone(r.tasks) {
			m.giveUpTask(r, t)
		}
		kids := r.kids
		r.kids = nil
		for _, k := range kids {
			child := m.runs[k.run]
			if child == nil || !child.status.Open() {
				continue
			}
			switch child.onClose {
			case history.CloseTerminate:
				queue = append(queue, closing{child, new(history.WorkflowTerminated), false})
			case history.CloseCancel:
				m.askToEnd(child)
			}
		}
		if r.status != history.StatusContinuedAsNew {
			m.tellParent(r)
			m.tellSchedule(r)
		}
	}
}

func (m *Model) tellParent(r *run) {
	parent := m.runs[r.parent]
	if parent == nil || !parent.status.Open() {
		return
	}
	k := parent.kid(r.ordinal)
	if k == nil || k.run != r.id {
		return
	}
	awaited := k.awaited
	parent.forgetKid(r.ordinal)
	if !awaited {
		return
	}
	switch r.status {
	case history.StatusCompleted:
		m.deliver(parent, &history.ChildWorkflowCompleted{ID: r.ordinal})
	case history.StatusCancelled:
		m.deliver(parent, &history.ChildWorkflowCancelled{ID: r.ordinal})
	default:
		m.deliver(parent, &history.ChildWorkflowFailed{ID: r.ordinal})
	}
}

// fire fires a timer that is due and still armed for that very time.
func (m *Model) fire(ref fsm.TimerRef, jitter uint32) bool {
	r := m.runs[ref.RunID]
	if r == nil || ref.FireAt > m.now {
		return false
	}
	if ref.ID == 0 {
		if r.deadline == 0 || r.deadline != ref.FireAt {
			return false
		}
		m.shut(closing{r, new(history.WorkflowTimedOut), false})
		return true
	}
	if slices.Contains(r.timers, timer{ref.ID, ref.FireAt}) {
		r.disarm(ref.ID)
		m.append(r, &history.TimerFired{ID: ref.ID})
		return true
	}
	return m.fireTask(r, ref, jitter)
}

func (m *Model) purge(c *fsm.PurgeRuns, res *fsm.Result) string {
	purged := uint64(0)
	for _, id := range c.Runs {
		r := m.runs[id]
		if r == nil || r.status.Open() || len(r.tasks) > 0 {
			continue
		}
		age, own := m.rules[r.typ]
		if !own {
			age = m.rules[""]
		}
		if age == 0 || r.closedAt+history.Time(age) > m.now {
			continue
		}
		m.touched = append(m.touched, id)
		delete(m.runs, id)
		if m.latest[r.workflowID] == id {
			delete(m.latest, r.workflowID)
		}
		purged++
	}
	if a, is := res.Answer.(*fsm.PurgeAnswer); is && a.Purged != purged {
		return fmt.Sprintf("purged %d runs, want %d", a.Purged, purged)
	}
	return ""
}
