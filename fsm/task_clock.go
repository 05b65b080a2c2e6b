package fsm

import (
	"cmp"
	"fmt"
	"unicode/utf8"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Every task has at most one clock, set for Due: it lies among the timers under the activity's
// ordinal. What it means follows from the task's state.

func (t *step) startClock(r *row, task *rows.Task) {
	if task.Due != 0 {
		t.enqueue(r, task.ID, task.Due)
	}
}

func (t *step) stopClock(r *row, task *rows.Task) {
	if task.Due != 0 {
		t.dequeue(r, task.ID, task.Due)
	}
}

// kindLeaseLost is the kind of an attempt whose worker fell silent.
const kindLeaseLost = "lease_lost"

// fireTask does what the clock of a task asks for, if it is still set as ref says. The run may be
// closed: then the task is one that was given up.
func (t *step) fireTask(r *row, ref TimerRef, jitter uint32) bool {
	task := t.task(r, ref.ID)
	if task == nil || task.Due != ref.FireAt {
		return false
	}
	if !r.Run.Status.Open() { // nobody waits for it, whether a job has said so already or not
		t.endTask(r, task)
		return true
	}
	if task.Due == task.TotalEnds() && task.State != rows.TaskGivenUp {
		t.endTotal(r, task)
		return true
	}
	switch task.State {
	case rows.TaskOffered:
		message := fmt.Sprintf("no worker took it from queue %s within %s", catalog.Quote(task.Queue), task.Schedule)
		t.append(r, &history.ActivityFailed{ID: task.ID, Error: history.RunError{Kind: history.KindTimeout, Message: message, Details: past(task)}})
		t.endTask(r, task)
	case rows.TaskBackoff:
		t.reoffer(r, task)
	case rows.TaskLeased:
		t.leaseEnds(r, task, jitter)
	case rows.TaskGivenUp:
		t.endTask(r, task)
	}
	return true
}

// endTotal ends an activity whose time for all attempts is over. A worker that holds one hears of
// it.
func (t *step) endTotal(r *row, task *rows.Task) {
	message := fmt.Sprintf("it took longer than its total time limit of %s, in %d attempts", task.Total, task.Attempt-task.Before)
	failed := &history.ActivityFailed{ID: task.ID, Error: history.RunError{Kind: history.KindTimeout, Message: message, Details: past(task)}}
	if task.Attempt > task.Before {
		failed.Attempt = task.Attempt
	}
	t.append(r, failed)
	if task.State != rows.TaskLeased || task.Deferred {
		t.endTask(r, task)
		return
	}
	most := rows.Due(t.now, cmp.Or(task.Lease, defaultLease))
	if ends := task.Deadline(); ends > t.now && ends < most {
		most = ends
	}
	t.moveTask(r, task, rows.TaskGivenUp, most)
}

// past is what a failure tells in its details of the attempt before; nil = there was none.
func past(task *rows.Task) history.Payload {
	if task.Failure == nil || task.Rules < 1 {
		return nil
	}
	last := jsonObject(nil).text("kind", task.Failure.Kind).text("message", task.Failure.Message).flag("retryable", task.Failure.Retryable).end()
	return jsonObject(nil).number("attempt", uint64(task.Attempt)).raw("last_failure", last).end()
}

// leaseEnds ends an attempt at its deadline, which is a failure like any other, or because its
// worker fell silent.
func (t *step) leaseEnds(r *row, task *rows.Task, jitter uint32) {
	if task.Due == task.Deadline() {
		message := fmt.Sprintf("attempt %d took longer than its time limit of %s", task.Attempt, task.Timeout)
		t.failTask(r, task, history.RunError{Kind: history.KindTimeout, Message: message, Retryable: true}, jitter)
		return
	}
	message := fmt.Sprintf("worker %s was silent about attempt %d for longer than %s", catalog.Quote(task.Worker), task.Attempt, task.Lease)
	lost := history.RunError{Kind: kindLeaseLost, Message: message, Retryable: true}
	if task.Rules >= 1 {
		t.loseTask(r, task, lost, jitter)
		return
	}
	task.Failure = brief(lost)
	t.reoffer(r, task)
}

// brief is a failure as it is kept beside a task and told with the next attempt: without details,
// and not longer than a reason may be. The details of the failure that becomes the outcome are
// kept.
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
