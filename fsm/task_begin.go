package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// An activity that a turn asked for becomes a task: an offer to workers. It stops being one with
// its outcome, or when nobody waits for that any more.

// schedule makes the task of an activity whose event has just been appended to r.
func (t *step) schedule(r *row, e *history.ActivityScheduled) { t.makeTask(r, e, r.Run.Events, 0) }

// offerAgain makes the task of an activity anew, in a run that is being reopened; seq is that of
// its event. Attempts that were made before stay fenced off, also one that a worker still holds:
// the next attempt has a number above every one that any step of the run ever reached.
func (t *step) offerAgain(r *row, e *history.ActivityScheduled, seq uint64) {
	t.makeTask(r, e, seq, r.Attempts)
}

func (t *step) makeTask(r *row, e *history.ActivityScheduled, seq uint64, before uint32) {
	t.unclock(r, e.ID)
	task := &rows.Task{
		RunID: r.Run.RunID, ID: e.ID, Seq: seq, Activity: e.Activity, Queue: e.Queue,
		Retry: e.Retry, Timeout: e.Timeout, Heartbeat: e.Heartbeat, Schedule: e.ScheduleTimeout,
		State: rows.TaskOffered, Attempt: before, Before: before, Total: e.TotalTimeout, Rules: t.rules,
	}
	if task.Total > 0 {
		task.ScheduledAt = t.now
	}
	t.stamp(task)
	t.addTask(r, task)
}

// stamp gives a task that is to be offered the newest place among the offers, and the clock of its
// wait for a worker.
func (t *step) stamp(task *rows.Task) {
	task.OfferedAt, task.OfferIndex, task.OfferN = t.now, t.index, t.offerN
	t.offerN++
	task.Due = task.OfferEnds()
}

// reoffer offers a task again, behind all others, unless it was asked to end.
func (t *step) reoffer(r *row, task *rows.Task) {
	if task.CancelAsked {
		t.append(r, cancelledTask(task))
		t.endTask(r, task)
		return
	}
	t.unlist(r, task)
	task.State, task.Deferred = rows.TaskOffered, t.staysDeferred(task)
	t.stamp(task)
	t.list(r, task)
	t.putTask(r, task)
}

// cancelTask ends the wait for an activity that r's code gave up.
func (t *step) cancelTask(r *row, id uint64) {
	if task := t.task(r, id); task != nil {
		t.giveUpTask(r, task)
	}
}

// askTask asks for the end of an activity whose outcome r's code goes on waiting for. One that no
// worker holds has ended with that.
func (t *step) askTask(r *row, id uint64) {
	task := t.task(r, id)
	switch {
	case task == nil || task.State == rows.TaskGivenUp:
	case task.Deferred && task.Heartbeat == 0: // nobody would hear of it
		t.deliver(r, cancelledTask(task))
		t.endTask(r, task)
	case task.State == rows.TaskLeased:
		task.CancelAsked = true
		t.putTask(r, task)
	default:
		t.deliver(r, cancelledTask(task))
		t.endTask(r, task)
	}
}

// cancelledTask is the outcome of an activity that was asked to end while no worker held it.
func cancelledTask(task *rows.Task) *history.ActivityFailed {
	failed := &history.ActivityFailed{ID: task.ID, Error: history.RunError{Kind: history.KindCancelled, Message: "it was cancelled before a worker took it"}}
	if task.Attempt > task.Before {
		failed.Attempt = task.Attempt
		failed.Error.Message = "it was cancelled while its outcome was to come from elsewhere"
	}
	if task.Attempt > task.Before && !task.Deferred {
		failed.Error.Message = fmt.Sprintf("it was cancelled after attempt %d, before a worker took it again", task.Attempt)
		failed.Error.Details = past(task)
	}
	return failed
}

// giveUpTask takes a task away that no worker has. One that a worker holds stays until its lease
// ends, but not for longer than a day, for the worker to hear of it and to count in its queue
// meanwhile.
func (t *step) giveUpTask(r *row, task *rows.Task) {
	switch {
	case task.Deferred, task.State == rows.TaskOffered, task.State == rows.TaskBackoff:
		t.endTask(r, task)
	case task.State == rows.TaskLeased:
		t.moveTask(r, task, rows.TaskGivenUp, min(task.Due, rows.Due(t.now, maxLease)))
	}
}
