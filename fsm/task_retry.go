package fsm

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// What a retry policy leaves out.
const (
	defaultBackoff    = history.Duration(time.Second)
	defaultFactor     = 2.0
	defaultMaxBackoff = history.Duration(time.Minute)
)

// retries reports whether another attempt follows one that failed with e, which is counted already.
func retries(task *rows.Task, e history.RunError) bool {
	p := task.Retry
	return p != nil && e.Retryable && !slices.Contains(p.NonRetryable, e.Kind) && (p.MaxAttempts == 0 || task.Failures < p.MaxAttempts)
}

// nextBackoff is the wait before the next attempt, without jitter: the first one, or the one before
// times the factor. Growing it step by step needs no power function, whose last digit differs
// between machines; a single multiplication does not.
func nextBackoff(p *history.Retry, last history.Duration) history.Duration {
	most := cmp.Or(p.MaxBackoff, defaultMaxBackoff)
	if last == 0 {
		return max(0, min(cmp.Or(p.Backoff, defaultBackoff), most))
	}
	grown := float64(float64(last) * cmp.Or(p.Factor, defaultFactor))
	if !(grown < float64(most)) { // also when it is no number
		return max(0, most)
	}
	return history.Duration(max(1, grown))
}

// jittered adds up to a tenth to a wait.
func jittered(d history.Duration, jitter uint32) history.Duration {
	extra, _ := bits.Mul64(uint64(d/10), uint64(jitter)<<32)
	return history.Duration(rows.Due(history.Time(d), history.Duration(extra)))
}

// spread draws the jitter of the i-th of several retries from one number.
func spread(jitter uint32, i int) uint32 { return jitter + uint32(i)*0x9e3779b9 } // the golden ratio: neighbours lie far apart

// failTask ends an attempt that failed with e: another follows after a back-off, or the failure is
// the activity's outcome.
func (t *step) failTask(r *row, task *rows.Task, e history.RunError, jitter uint32) {
	task.Failures++
	if task.CancelAsked || !retries(task, e) || !t.tryLater(r, task, e, jitter) {
		t.append(r, &history.ActivityFailed{ID: task.ID, Error: e, Attempt: task.Attempt})
		t.endTask(r, task)
	}
}

// tryLater has another attempt made after a back-off, unless no time is left for one.
func (t *step) tryLater(r *row, task *rows.Task, e history.RunError, jitter uint32) bool {
	policy := task.Retry
	if policy == nil {
		policy = new(history.Retry)
	}
	backoff := nextBackoff(policy, task.Backoff)
	at := rows.Due(t.now, jittered(backoff, jitter))
	if task.Within(at) != at {
		return false
	}
	task.Failure, task.Backoff = brief(e), backoff
	t.moveTask(r, task, rows.TaskBackoff, at)
	return true
}

// loseTask ends an attempt whose worker fell silent. It counts as a failure where a policy says how
// often a step may fail; without one the step is tried again for as long as its total time allows,
// because nobody knows whether it was done.
func (t *step) loseTask(r *row, task *rows.Task, e history.RunError, jitter uint32) {
	switch {
	case task.Retry != nil:
		t.failTask(r, task, e, jitter)
	case task.CancelAsked, !t.tryLater(r, task, e, jitter):
		t.append(r, &history.ActivityFailed{ID: task.ID, Error: e, Attempt: task.Attempt})
		t.endTask(r, task)
	}
}
