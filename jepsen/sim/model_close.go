package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// closing is a run to be closed and the event that closes it, which may be in its history already.
type closing struct {
	run  *run
	with history.Data
	done bool
}

func (m *Model) notifyParent(r *run) {
	parent := m.runs[r.parent]
	if parent == nil {
		return
	}
	k := parent.kid(r.ordinal)
	if k == nil || k.run != r.id {
		return
	}
	awaited := k.awaited && parent.status.Open()
	// of a closed parent too: its job need not do anything for children that have closed
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

// fire fires a timer that is due and still armed for exactly that time.
func (m *Model) fire(ref fsm.TimerRef, jitter uint32) bool {
	r := m.runs[ref.RunID]
	if r == nil || ref.FireAt > m.now {
		return false
	}
	if ref.ID == 0 {
		if r.deadline == 0 || r.deadline != ref.FireAt {
			return false
		}
		if m.doomed(r) { // its end was decided before
			m.shut(closing{r, new(history.WorkflowTerminated), false})
		} else if r.beginsAt != 0 {
			m.beginRun(r)
		} else {
			m.fail(r, new(history.WorkflowTimedOut))
		}
		return true
	}
	if slices.Contains(r.timers, timer{ref.ID, ref.FireAt}) {
		r.disarm(ref.ID)
		if r.status.Open() {
			m.append(r, &history.TimerFired{ID: ref.ID})
		}
		return true
	}
	return m.fireTask(r, ref, jitter)
}

func (m *Model) purge(c *fsm.PurgeRuns, res *fsm.Result) string {
	purged := uint64(0)
	a, is := res.Answer.(*fsm.PurgeAnswer)
	for _, id := range c.Runs {
		if m.tight && is && purged > 0 && purged == a.Purged {
			break // the entry was full; the other runs are named again later
		}
		r := m.runs[id]
		if r == nil || r.status.Open() || len(r.tasks) > 0 || m.waitsForJob(r) || r.heir && m.runs[r.from] != nil {
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
	if is && a.Purged != purged {
		return fmt.Sprintf("purged %d runs, want %d", a.Purged, purged)
	}
	return ""
}
