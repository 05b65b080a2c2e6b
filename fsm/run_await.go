package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// What code does with another workflow by its id: it asks it to end, or waits for its result. It is
// answered as a caller who waits for the result would be: with the outcome of the run that is the
// newest now, or of the last of those that go on from it.

// await begins to wait, or answers at once: nothing inside a turn is refused.
func (t *step) await(r *row, e *history.ResultAwaited) {
	to := t.latest(e.WorkflowID)
	if e.RunID = (history.RunID{}); to != nil {
		e.RunID = to.Run.RunID
	}
	t.append(r, e)
	if heard := t.standInLine(r, to, e); heard != nil {
		t.deliver(r, heard)
	}
}

// awaitAgain is await for a run that is reopened, or begins as a copy: it asks again.
func (t *step) awaitAgain(r *row, e *history.ResultAwaited) {
	if heard := t.standInLine(r, t.latest(e.WorkflowID), e); heard != nil {
		t.append(r, heard)
	}
}

// standInLine puts r into the line of a run, or returns what that became. Outcomes may be large, so
// those that the entry has no room for come later, by a job.
func (t *step) standInLine(r, to *row, e *history.ResultAwaited) *history.ResultReceived {
	switch {
	case to == nil:
		refusal := &NotFound{WorkflowID: e.WorkflowID}
		return &history.ResultReceived{ID: e.ID, Error: &history.RunError{Kind: history.KindUnknownWorkflow, Message: bareText(namespace.Of(e.WorkflowID), refusal)}}
	case e.WorkflowID == r.Run.WorkflowID:
		message := "a workflow that waits for its own result would wait for ever"
		return &history.ResultReceived{ID: e.ID, RunID: to.Run.RunID, Error: &history.RunError{Kind: history.KindAwaitsItself, Message: message}}
	case to.Run.Status.Open():
		t.join(r, to, e.ID)
		return nil
	case t.spent():
		t.join(r, to, e.ID)
		t.tellLater(to)
		return nil
	}
	heard := became(to, t.closing(to))
	heard.ID = e.ID
	t.owed += tellCost + outcomeWork(heard)
	return heard
}

// tellLater leaves it to a job to tell those who wait for a closed run.
func (t *step) tellLater(to *row) {
	if to.Job != 0 {
		return
	}
	if t.telling == nil {
		t.telling = t.beginJob(to)
	}
	t.wait(t.telling, to)
	t.storeJob(t.telling)
}

// closing is the event that closed a run; nil if the disk failed. Few events can follow it.
func (t *step) closing(r *row) history.Data {
	for seq := r.Run.Events; seq > 0 && t.Err() == nil; seq-- {
		if e := t.event(r, seq); e != nil && history.Closes(e) {
			return e
		}
	}
	return nil
}

// became is what others hear of a run that closed with the event.
func became(r *row, with history.Data) *history.ResultReceived {
	heard := &history.ResultReceived{RunID: r.Run.RunID}
	failed := func(kind, message, reason string) {
		if reason != "" {
			message += ": " + reason
		}
		heard.Error = &history.RunError{Kind: kind, Message: message}
	}
	switch e := with.(type) {
	case *history.WorkflowCompleted:
		heard.Result = e.Result
	case *history.WorkflowFailed:
		failure := e.Error
		heard.Error = &failure
	case *history.WorkflowCancelled:
		failed(history.KindCancelled, "the workflow was cancelled", e.Reason)
	case *history.WorkflowTerminated:
		failed(history.KindTerminated, "the workflow was terminated", e.Reason)
	case *history.WorkflowTimedOut:
		failed(history.KindTimedOut, "the workflow ran longer than its time limit of "+e.Timeout.String(), "")
	}
	return heard
}

// sendCancel asks the open run of another workflow id to end, or notes why it cannot. A run may ask
// itself, as it may signal itself.
func (t *step) sendCancel(r *row, e *history.CancelSent, last history.Data) {
	e.Error = nil
	to, space := t.latest(e.WorkflowID), namespace.Of(e.WorkflowID)
	_, continues := last.(*history.WorkflowContinuedAsNew)
	var refusal Refusal
	switch {
	case to == nil:
		refusal = &NotFound{WorkflowID: e.WorkflowID}
	case !to.Run.Status.Open():
		refusal = &NotRunning{WorkflowID: to.Run.WorkflowID, RunID: to.Run.RunID, Status: to.Run.Status}
	case to == r && last != nil && !continues:
		e.Error = &history.RunError{Kind: "not_running", Message: fmt.Sprintf("run %s closes in the turn that asks itself to end", r.Run.RunID)}
	case to != r && t.ends(to) != nil:
		refusal = &NotRunning{WorkflowID: to.Run.WorkflowID, RunID: to.Run.RunID, Status: history.StatusTerminated}
	case to != r && !to.Run.CancelAsked:
		refusal = to.hears(maxVoidedByRuns)
	}
	if refusal != nil {
		e.Error = &history.RunError{Kind: refusal.Code(), Message: bareText(space, refusal)}
	}
	t.append(r, e)
	switch {
	case e.Error != nil:
	case to == r && continues: // it is the next run that is to end
		if !r.Run.CancelAsked {
			t.later = append(t.later, &history.CancelRequested{Reason: e.Reason, From: r.Run.RunID})
		}
	default:
		t.requestCancel(to, e.Reason, r.Run.RunID)
	}
}

// tellCost is what telling one run costs after the command, when its places in the indexes are
// brought into line. A large outcome, which is copied for everyone who waits, costs several times
// what a row of that size does: an entry has room for 7 MiB. toldAtOnce is how many places of a
// line are read at a time.
const (
	tellCost    = 6
	outcomeCost = 6
	toldAtOnce  = 100
)

// outcomeWork is what the size of an outcome costs, beyond the row.
func outcomeWork(heard *history.ResultReceived) uint64 {
	bytes := bytesWork(heard.Result)
	if heard.Error != nil {
		bytes += bytesWork(heard.Error.Details)
	}
	return outcomeCost * bytes
}

// clearAwaits takes a closed run out of the lines in which it stands, as far as there is room.
func (c *closing) clearAwaits(r *row) bool {
	for _, id := range c.t.awaitedIDs(r, c.room()/4) {
		c.t.unjoin(r, id)
	}
	return r.Awaits == 0
}

// tell tells those who wait for r what became of it, as far as there is room. A run in the line
// that has closed hears nothing.
func (c *closing) tell(r *row) bool {
	if r.Line == 0 {
		return true
	}
	t := c.t
	var with history.Data
	for t.Err() == nil {
		places := t.inLine(r.Line, toldAtOnce)
		if len(places) == 0 {
			r.Line = 0
			t.touch(r)
			return true
		}
		if with == nil {
			with = t.closing(r)
		}
		for _, at := range places {
			if c.room() == 0 {
				return false
			}
			heard := became(r, with)
			heard.ID = at.id
			c.told += tellCost
			waiter := t.startedBy(at.serial)
			if waiter == nil {
				break // the disk failed, and the entry is dropped
			}
			t.unjoin(waiter, at.id)
			if waiter.Run.Status.Open() {
				c.told += outcomeWork(heard)
				t.deliver(waiter, heard)
			}
		}
	}
	return false
}
