package fsm

import (
	"fmt"
	"unicode/utf8"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/internal/seeded"
)

// Every task has at most one clock, set for Due: it lies among the timers under the activity's ordinal. What it means follows from the task's state.

func (t *step) startClock(r *row, task *Task) {
	if task.Due != 0 {
		t.enqueue(timerKey(task.Due, r.Serial, task.ID), r)
	}
}

func (t *step) stopClock(r *row, task *Task) {
	if task.Due != 0 {
		t.dequeue(timerKey(task.Due, r.Serial, task.ID))
	}
}

// kindLeaseLost notes, for people, an attempt whose worker fell silent. It is never an activity's outcome.
const kindLeaseLost = "lease_lost"

// fireTask does what the clock of a task asks for, if it is still set as ref says. The run may be closed: then the task is one that was given up.
func (t *step) fireTask(r *row, ref TimerRef, jitter uint32) bool {
	task := t.task(r, ref.ID)
	if task == nil || task.Due != ref.FireAt {
		return false
	}
	if !r.Run.Status.Open() { // nobody waits for it, whether a job has said so already or not
		t.endTask(r, task)
		return true
	}
	switch task.State {
	case TaskOffered:
		message := fmt.Sprintf("no worker took it from queue %s within %s", catalog.Quote(task.Queue), task.Schedule)
		t.append(r, &history.ActivityFailed{ID: task.ID, Error: history.RunError{Kind: history.KindTimeout, Message: message}})
		t.endTask(r, task)
	case TaskBackoff:
		t.reoffer(r, task)
	case TaskLeased:
		t.leaseEnds(r, task, jitter)
	case TaskGivenUp:
		t.endTask(r, task)
	}
	return true
}

// leaseEnds ends an attempt at its deadline, which is a failure like any other, or because its worker fell silent, which is none.
func (t *step) leaseEnds(r *row, task *Task, jitter uint32) {
	if task.Due == task.deadline() {
		message := fmt.Sprintf("attempt %d took longer than its time limit of %s", task.Attempt, task.Timeout)
		t.failTask(r, task, history.RunError{Kind: history.KindTimeout, Message: message, Retryable: true}, jitter)
		return
	}
	message := fmt.Sprintf("worker %s was silent about attempt %d for longer than %s", catalog.Quote(task.Worker), task.Attempt, task.Lease)
	task.Failure = brief(history.RunError{Kind: kindLeaseLost, Message: message, Retryable: true})
	if seeded.On(seeded.AttemptReused) {
		task.Attempt--
	}
	t.reoffer(r, task)
}

// deadline is when the attempt that a worker holds has taken too long; 0 = never.
func (task *Task) deadline() history.Time {
	if task.Timeout <= 0 {
		return 0
	}
	return due(task.StartedAt, task.Timeout)
}

// leaseDue is when the lease ends if the worker is not heard of after now.
func (task *Task) leaseDue(now history.Time) history.Time {
	deadline := task.deadline()
	if task.Lease == 0 {
		return deadline
	}
	silent := due(now, task.Lease)
	if deadline != 0 && deadline <= silent {
		return deadline
	}
	return silent
}

// brief is a failure as it is kept beside a task and told with the next attempt: without details, and not longer than a reason may be. The details of the
// failure that becomes the outcome are kept.
func brief(e history.RunError) *history.RunError {
	return &history.RunError{Kind: cut(e.Kind), Message: cut(e.Message), Retryable: e.Retryable}
}

// cut bounds a text, between two characters.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > maxText-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
