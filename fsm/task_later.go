package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// DeferTasks says of attempts that their outcome comes later, from anywhere: the worker lets go of
// them. The lease ends, and with it the silence that it allows; what the workflow asked for (time
// limits, a heartbeat) holds on. Whoever has the token, or knows the ids, ends the attempt. Each on
// its own, as CompleteTasks. Level 5.
type DeferTasks struct {
	Tokens []TaskToken `cbor:"1,keyasint"` // at most 1,000
}

// ReportActivity ends an activity, or says that it goes on, by its ids: as its worker would. It
// need not have been deferred, nor been taken by a worker; the worker that holds it is told that it
// has lost it. Refused: not_found, not_running, invalid_state (it has its outcome, or Attempt is
// not its newest). Level 5.
type ReportActivity struct {
	RunID   history.RunID     `cbor:"1,keyasint"`
	ID      uint64            `cbor:"2,keyasint"`
	Attempt uint32            `cbor:"3,keyasint,omitempty"` // only if this is the newest; 0 = whichever is
	Beat    bool              `cbor:"4,keyasint,omitempty"` // it goes on
	Error   *history.RunError `cbor:"5,keyasint,omitempty"` // it failed; else it completed
	Output  history.Payload   `cbor:"6,keyasint,omitempty"`
	Details history.Payload   `cbor:"7,keyasint,omitempty"` // with Beat; empty = as they were
	Jitter  uint32            `cbor:"8,keyasint,omitempty"` // as in TaskFailure
}

// ActivityAnswer says which activity was reported on.
type ActivityAnswer struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	ID         uint64        `cbor:"3,keyasint"`
	Attempt    uint32        `cbor:"4,keyasint,omitempty"` // 0 = no worker had taken it
	Ended      bool          `cbor:"5,keyasint,omitempty"` // it has its outcome
	Cancel     bool          `cbor:"6,keyasint,omitempty"` // of Beat: it is asked to end
}

// ActivityOver refuses a report on an activity that has its outcome, or on another attempt than the
// newest.
type ActivityOver struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	ID         uint64        `cbor:"3,keyasint"`
	Why        string        `cbor:"4,keyasint"`
}

// Kind implements Command.
func (*DeferTasks) Kind() Kind     { return KindDeferTasks }
func (*ReportActivity) Kind() Kind { return KindReportActivity }
func (*ActivityAnswer) answer()    {}

// Error implements error.
func (r *ActivityOver) Error() string {
	return fmt.Sprintf("activity %d of run %s: %s", r.ID, r.RunID, r.Why)
}

// Code implements Refusal.
func (r *ActivityOver) Code() string { return "invalid_state" }

// Facts implements Refusal.
func (r *ActivityOver) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["activity_id"] = r.ID
	return facts
}

func (c *DeferTasks) apply(t *step) (Answer, Refusal) {
	if t.level() < 5 {
		return nil, &catalog.InvalidInput{Field: "tokens", Reason: "nodes of an earlier build are not replaced yet"}
	}
	return t.eachAttempt("tokens", len(c.Tokens), func(i int) (TaskToken, func(*row, *rows.Task)) {
		return c.Tokens[i], func(r *row, task *rows.Task) {
			t.stopClock(r, task)
			task.Deferred, task.Lease = true, task.Heartbeat
			task.Due = task.LeaseDue(t.now)
			t.startClock(r, task)
			t.putTask(r, task)
		}
	})
}

// staysDeferred is whether the attempt after one that was let go counts as let go, too: it does
// not. Below level 7 it did where lost leases are no failures, and a worker that had such an
// attempt did not hear that its run was over.
func (t *step) staysDeferred(task *rows.Task) bool { return task.Deferred && t.level() < 7 }

func (c *ReportActivity) apply(t *step) (Answer, Refusal) {
	if t.level() < 5 {
		return nil, &catalog.InvalidInput{Field: "activity_id", Reason: "nodes of an earlier build are not replaced yet"}
	}
	r, only := t.run(c.RunID), t.who.Only
	if r == nil || namespace.Of(r.Run.WorkflowID) != only.In() {
		return nil, &NotFound{RunID: c.RunID}
	}
	task := t.task(r, c.ID)
	if only.Limited() && (task == nil || !only.HasQueue(task.Queue)) { // nor is it told whether there is such a run
		return nil, &NotFound{RunID: c.RunID}
	}
	if !r.Run.Status.Open() {
		return nil, &NotRunning{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status}
	}
	if refusal := t.ends(r); refusal != nil {
		return nil, refusal
	}
	over := func(format string, args ...any) (Answer, Refusal) {
		return nil, &ActivityOver{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, ID: c.ID, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case task == nil || task.State == rows.TaskGivenUp:
		return over("it has its outcome, was given up, or never was")
	case c.Attempt != 0 && c.Attempt != task.Attempt:
		return over("attempt %d is not its newest, which is %d", c.Attempt, task.Attempt)
	case (c.Beat || c.Attempt != 0) && task.State != rows.TaskLeased:
		return over("no attempt is under way")
	}
	a := &ActivityAnswer{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, ID: c.ID, Attempt: task.Attempt}
	switch {
	case c.Beat:
		t.beat(r, task, c.Details)
		a.Cancel = task.CancelAsked
	case c.Error != nil:
		t.failTask(r, task, *c.Error, c.Jitter)
		a.Ended = t.task(r, c.ID) == nil
	default:
		t.append(r, &history.ActivityCompleted{ID: task.ID, Result: c.Output, Attempt: task.Attempt})
		t.endTask(r, task)
		a.Ended = true
	}
	return a, nil
}
