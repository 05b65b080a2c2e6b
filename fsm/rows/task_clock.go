package rows

import (
	"math"

	"aion.dev/aion/fsm/history"
)

// Due is the time d after now, or the end of time.
func Due(now history.Time, d history.Duration) history.Time {
	switch {
	case d < 0:
		return now
	case int64(d) > math.MaxInt64-int64(now):
		return math.MaxInt64
	}
	return now + history.Time(d)
}

// OfferEnds is when a task has waited for a worker for too long; 0 = never.
func (task *Task) OfferEnds() history.Time {
	if task.Schedule <= 0 {
		return task.TotalEnds()
	}
	return task.Within(Due(task.OfferedAt, task.Schedule))
}

// TotalEnds is when the activity has taken too long over all its attempts; 0 = never.
func (task *Task) TotalEnds() history.Time {
	if task.Total <= 0 {
		return 0
	}
	return Due(task.ScheduledAt, task.Total)
}

// Within is the earlier of at, 0 being never, and the end of all attempts.
func (task *Task) Within(at history.Time) history.Time {
	if ends := task.TotalEnds(); ends != 0 && (at == 0 || ends < at) {
		return ends
	}
	return at
}

// Deadline is when the attempt that a worker holds has taken too long; 0 = never.
func (task *Task) Deadline() history.Time {
	if task.Timeout <= 0 {
		return 0
	}
	return Due(task.StartedAt, task.Timeout)
}

// LeaseDue is when the lease ends if the worker is not heard of after now.
func (task *Task) LeaseDue(now history.Time) history.Time {
	deadline := task.Within(task.Deadline())
	if task.Lease == 0 {
		return deadline
	}
	silent := Due(now, task.Lease)
	if deadline != 0 && deadline <= silent {
		return deadline
	}
	return silent
}
