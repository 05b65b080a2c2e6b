package fsm

import (
	"aion.dev/aion/engine/history"
	"aion.dev/aion/internal/seeded"
)

// closing is a run that is to be closed, or was just now, and the event that does it.
type closing struct {
	run  *row
	with history.Data
	done bool // the event stands in its history already
}

// shut closes r with the event and carries out everything that follows, in the same entry: timers go, children are dealt with as they were started to
// be, the parent and the schedule hear of it. Closing a run may close others, level by level; a tree of any depth takes no stack.
func (t *step) shut(r *row, with history.Data) { t.shutAll(closing{r, with, false}) }

// closed is shut for a run whose closing event has just been appended.
func (t *step) closed(r *row, with history.Data) { t.shutAll(closing{r, with, true}) }

func (t *step) shutAll(queue ...closing) {
	for i := 0; i < len(queue); i++ { // it grows meanwhile
		r := queue[i].run
		if !queue[i].done {
			if !r.Run.Status.Open() {
				continue // closed by another way round meanwhile
			}
			t.append(r, queue[i].with)
		}
		r.Run.ClosedAt, r.Run.Waiting, r.Run.Quarantined = t.now, nil, false
		t.disarmAll(r)
		t.dropTasks(r)
		for _, line := range t.children(r) {
			t.forgetChild(r, line.id)
			child := t.run(line.run)
			if child == nil || !child.Run.Status.Open() || seeded.On(seeded.ParentForgets) {
				continue
			}
			switch child.Run.Parent.OnClose {
			case history.CloseTerminate:
				queue = append(queue, closing{child, &history.WorkflowTerminated{Reason: parentClosed}, false})
			case history.CloseCancel:
				t.requestCancel(child, parentClosed)
			}
		}
		if r.Run.Status != history.StatusContinuedAsNew { // then the run that goes on takes its place
			t.tellParent(r, queue[i].with)
			t.tellSchedule(r)
		}
		t.announceClosed(r)
	}
}

const parentClosed = "the parent's run closed"

// tellParent delivers how a child ended to the run that started it, if that is open and still waits.
func (t *step) tellParent(child *row, with history.Data) {
	p := child.Run.Parent
	if p == nil {
		return
	}
	parent := t.run(p.RunID)
	if parent == nil || !parent.Run.Status.Open() {
		return
	}
	line, ok := t.child(parent, p.ID)
	if !ok || line.run != child.Run.RunID && !seeded.On(seeded.ChildReplaced) {
		return
	}
	t.forgetChild(parent, p.ID)
	if line.awaited && !(seeded.On(seeded.ChildUntold) && child.Run.Status == history.StatusFailed) {
		t.deliver(parent, outcome(p.ID, with))
	}
}

// outcome is what the parent reads of a child that closed with the event.
func outcome(id uint64, with history.Data) history.Data {
	switch e := with.(type) {
	case *history.WorkflowCompleted:
		return &history.ChildWorkflowCompleted{ID: id, Result: e.Result}
	case *history.WorkflowCancelled:
		return &history.ChildWorkflowCancelled{ID: id}
	case *history.WorkflowFailed:
		return &history.ChildWorkflowFailed{ID: id, Error: e.Error}
	case *history.WorkflowTerminated:
		message := "the child was terminated"
		if e.Reason != "" {
			message += ": " + e.Reason
		}
		return &history.ChildWorkflowFailed{ID: id, Error: history.RunError{Kind: history.KindTerminated, Message: message}}
	case *history.WorkflowTimedOut:
		message := "the child ran longer than its time limit of " + e.Timeout.String()
		return &history.ChildWorkflowFailed{ID: id, Error: history.RunError{Kind: history.KindTimedOut, Message: message}}
	}
	panic("fsm: " + with.Type().String() + " closes no child")
}

// requestCancel asks an open run to end, once.
func (t *step) requestCancel(r *row, reason string) {
	if !r.Run.CancelAsked {
		t.deliver(r, &history.CancelRequested{Reason: reason})
		r.Run.CancelAsked = true
		t.touch(r)
	}
}
