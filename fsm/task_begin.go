package fsm

import "aion.dev/aion/fsm/history"

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
	task := &Task{
		RunID: r.Run.RunID, ID: e.ID, Seq: seq, Activity: e.Activity, Queue: e.Queue,
		Retry: e.Retry, Timeout: e.Timeout, Heartbeat: e.Heartbeat, Schedule: e.ScheduleTimeout,
		State: TaskOffered, Attempt: before, Before: before, Total: e.TotalTimeout, Rules: t.rules,
	}
	if task.Total > 0 {
		task.ScheduledAt = t.now
	}
	t.stamp(task)
	t.addTask(r, task)
}

// stamp gives a task that is to be offered the newest place among the offers, and the clock of its
// wait for a worker.
func (t *step) stamp(task *Task) {
	task.OfferedAt, task.OfferIndex, task.OfferN = t.now, t.index, t.offerN
	t.offerN++
	task.Due = task.offerEnds()
}

// offerEnds is when a task has waited for a worker for too long; 0 = never.
func (task *Task) offerEnds() history.Time {
	if task.Schedule <= 0 {
		return task.totalEnds()
	}
	return task.within(due(task.OfferedAt, task.Schedule))
}

// totalEnds is when the activity has taken too long over all its attempts; 0 = never.
func (task *Task) totalEnds() history.Time {
	if task.Total <= 0 {
		return 0
	}
	return due(task.ScheduledAt, task.Total)
}

// within is the earlier of at, 0 being never, and the end of all attempts.
func (task *Task) within(at history.Time) history.Time {
	if ends := task.totalEnds(); ends != 0 && (at == 0 || ends < at) {
		return ends
	}
	return at
}

// reoffer offers a task again, behind all others.
func (t *step) reoffer(r *row, task *Task) {
	t.unlist(r, task)
	task.State = TaskOffered
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

// giveUpTask takes a task away that no worker has. One that a worker holds stays until its lease
// ends, but not for longer than a day, for the worker to hear of it and to count in its queue
// meanwhile.
func (t *step) giveUpTask(r *row, task *Task) {
	switch task.State {
	case TaskOffered, TaskBackoff:
		t.endTask(r, task)
	case TaskLeased:
		t.moveTask(r, task, TaskGivenUp, min(task.Due, due(t.now, maxLease)))
	}
}
