package fsm

import (
	"fmt"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// reopen opens r again and takes up what it had begun: in the same entry its version is pinned, its
// timers are armed and its activities are offered.
func (t *step) reopen(r *row, c *ReopenRun, begun []history.Data) {
	if turn := t.lastBefore(r, r.Run.Turns+1); c.Turn != 0 {
		turn = t.lastBefore(r, c.Turn)
		r.Run.Through, r.Run.Cut = turn.Through, turn.Cut
	} else {
		r.Run.Cut = turn.Cut
	}
	if c.ForgetCancel || r.Run.CancelAsked && t.unseen(r, r.Run.Through, history.TypeCancelRequested) {
		r.Run.CancelAsked = false
	}
	t.append(r, &history.WorkflowReopened{Reason: c.Reason, Turn: c.Turn, Forget: c.Forget, ForgetCancel: c.ForgetCancel})
	r.Run.Reopened = append(r.Run.Reopened, r.Run.Events)
	r.Epoch++
	r.Run.ClosedAt = 0
	if t.latest(r.Run.WorkflowID) == nil { // a newer run that was deleted since
		t.Put(rows.TextKey(rows.FamilyLatest, r.Run.WorkflowID), r.Run.RunID[:])
	}
	t.rejoinSchedule(r, r.Run.StartedAt)
	if limit := t.timeLimit(r); limit > 0 {
		r.Deadline = rows.Due(t.now, limit)
		t.armDeadline(r)
	}
	forgotten := make(map[uint64]bool, len(c.Forget))
	for _, id := range c.Forget {
		forgotten[id] = true
	}
	for i, data := range begun {
		switch e := data.(type) {
		case *history.TimerStarted:
			t.arm(r, e.ID, e.FireAt)
		case *history.ActivityScheduled:
			t.offerAgain(r, e, c.Again[i].Seq)
			if c.Again[i].Asked {
				t.askTask(r, e.ID)
			}
		case *history.ResultAwaited:
			t.awaitAgain(r, e)
		case *history.ChildWorkflowStarted:
			t.resumeChild(r, e, forgotten[e.ID])
			if c.Again[i].Asked {
				t.askChild(r, e.ID)
			}
		}
	}
}

// timeLimit is how long the whole of r, which is open, may take, counted from its start or from
// when it was reopened; 0 = as long as it likes. A run keeps what it began with, also on another
// version.
func (t *step) timeLimit(r *row) history.Duration {
	if r.Timeout != 0 && !r.Tried {
		return r.Timeout
	}
	if began := t.beginning(r); began != nil {
		return least(began.Timeout, began.ChainLeft)
	}
	return 0
}

// reopenedAt is the seq of r's newest WorkflowReopened; 0 = there is none. A turn that was made
// without seeing it is void.
func (r *row) reopenedAt() uint64 {
	if n := len(r.Run.Reopened); n > 0 {
		return r.Run.Reopened[n-1]
	}
	return 0
}

// lastBefore is the newest turn of r before turn n. Turns that closed it before do not count.
func (t *step) lastBefore(r *row, n uint64) history.Turn {
	n--
	for i := len(r.Run.Reopened) - 1; i >= 0 && n > 0; i-- {
		e, _ := t.event(r, r.Run.Reopened[i]).(*history.WorkflowReopened)
		if e == nil || e.Turn != 0 && e.Turn < n {
			break
		}
		if e.Turn == n {
			n--
		}
	}
	turn, _ := t.turn(r, n)
	return turn
}

func (t *step) turn(r *row, n uint64) (turn history.Turn, ok bool) {
	ok = t.Read(rows.TurnKey(r.Serial, n), &turn)
	return turn, ok
}

// unseen reports whether r has an event of one of the types after seq through.
func (t *step) unseen(r *row, through uint64, types ...history.Type) (found bool) {
	t.Scan(rows.EventKey(r.Serial, through+1), rows.EventKey(r.Serial, r.Run.Events+1), func(_, b []byte) bool {
		typ := history.Type(b[0])
		if typ == rows.CarriedMark {
			typ = history.TypeSignalReceived
		}
		found = slices.Contains(types, typ)
		return !found
	})
	return found
}

// resumeChild goes on with a child of a run that is reopened: with the one that is still open, or
// with the outcome of one that has completed meanwhile. It starts every other one again. Forgotten
// means that the parent had been told of its failure.
func (t *step) resumeChild(r *row, e *history.ChildWorkflowStarted, forgotten bool) {
	child, gone := t.newestChild(r, e)
	switch {
	case child != nil && child.Run.Status.Open():
		t.adopt(r, e.ID, child.Run.RunID)
	case child != nil && child.Run.Status == history.StatusCompleted:
		t.append(r, outcome(e.ID, t.event(child, child.Run.Events)))
	case gone && !forgotten && e.OnClose != history.CloseTerminate: // it may have completed; what its parent's end terminated cannot have
		message := fmt.Sprintf("the child's run %s is no longer kept", e.RunID)
		t.append(r, &history.ChildWorkflowFailed{ID: e.ID, Error: history.RunError{Kind: "not_found", Message: message}})
	default:
		t.startChild(r, &history.ChildWorkflowStarted{
			ID: e.ID, WorkflowID: e.WorkflowID, WorkflowType: e.WorkflowType, Input: e.Input, OnClose: e.OnClose, Choice: e.Choice,
			OnCancel: e.OnCancel, Timeout: e.Timeout, Attributes: e.Attributes, Retry: e.Retry, ChainTimeout: e.ChainTimeout,
		})
	}
}

// maxChain is how many runs of a child that continues as new again and again are followed, one by
// one, to the run that goes on now. It matters only when somebody else has used the child's id
// since.
const maxChain = 10_000

// newestChild returns the run that a child of r has come to: nil when it never started, or with
// gone when that run is no longer kept.
func (t *step) newestChild(r *row, e *history.ChildWorkflowStarted) (child *row, gone bool) {
	if newest := t.latest(e.WorkflowID); newest != nil && newest.childOf(r, e.ID) {
		return newest, false
	}
	for id, n := e.RunID, 0; !id.IsZero(); n++ {
		child := t.run(id)
		if child == nil || n == maxChain {
			return nil, true
		}
		if id = history.Next(t.event(child, child.Run.Events)); id.IsZero() {
			return child, false
		}
	}
	return nil, false
}

func (r *row) childOf(parent *row, id uint64) bool {
	p := r.Run.Parent
	return p != nil && p.RunID == parent.Run.RunID && p.ID == id
}

// childRunID is the run id of a child that r starts now: another one each time that r was reopened.
func (r *row) childRunID(id uint64) history.RunID {
	return history.ChildRunID(r.Run.RunID, id, r.Epoch)
}

// readopt takes up a child that is open, instead of failing to start it, when it is this very
// child: a turn that a reopening made void, or that a reset did not keep, had started it, to be
// left alone or to be cancelled when its parent closes.
func (t *step) readopt(parent *row, e *history.ChildWorkflowStarted, open *row) bool {
	if open.Run.Type != e.WorkflowType || !(parent.Epoch > 0 && open.childOf(parent, e.ID) || t.inherits(parent, open, e.ID)) {
		return false
	}
	if _, adopted := t.child(parent, e.ID); adopted {
		return false
	}
	e.RunID, e.Version = open.Run.RunID, open.Run.Version
	t.append(parent, e)
	if open.Run.Parent.RunID != parent.Run.RunID {
		t.takeChild(parent, open, e.ID, true)
	} else {
		t.adopt(parent, e.ID, open.Run.RunID)
	}
	return true
}
