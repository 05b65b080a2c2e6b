package rows

import (
	"math"

	"aion.dev/aion/fsm/history"
)

// The rate limit of a queue is GCRA in whole nanoseconds of log time: each lease uses up one
// interval, Free is the time up to which intervals are used up, and it may run ahead of the present
// by as many as may be begun at once.

// Room is how many of its tasks the queue's limits let begin at a time; View.Offered says from
// when on there will be some.
func (q *Queue) Room(at history.Time) uint64 { return min(q.Offered, q.Allows(at)) }

// Interval is the time that one attempt uses up, rounded up: never more than Rate begin in Per.
func (l QueueLimits) Interval() history.Time {
	return history.Time((uint64(l.Per) + l.Rate - 1) / l.Rate)
}

// Ahead is how far Free may run ahead.
func (l QueueLimits) Ahead() history.Time {
	burst := l.Burst
	if burst == 0 {
		burst = l.Rate
	}
	return history.Time(burst) * l.Interval()
}

// Allows is how many attempts the limits let begin now.
func (q *Queue) Allows(now history.Time) uint64 {
	if q.Limits.Stopped {
		return 0
	}
	n := uint64(math.MaxUint64)
	if most := q.Limits.Concurrency; most > 0 {
		n = most - min(most, q.Leased)
	}
	if q.Limits.Rate > 0 {
		n = min(n, uint64(max(0, now+q.Limits.Ahead()-max(now, q.Free))/q.Limits.Interval()))
	}
	return n
}

// Begin uses up what n attempts do.
func (q *Queue) Begin(n uint64, now history.Time) {
	if q.Limits.Rate > 0 && n > 0 {
		q.Free = max(q.Free, now) + history.Time(n)*q.Limits.Interval()
	}
}

// Next is from when on the limits let an attempt begin; false when that depends on others ending
// first.
func (q *Queue) Next() (history.Time, bool) {
	if most := q.Limits.Concurrency; q.Limits.Stopped || most > 0 && q.Leased >= most {
		return 0, false
	}
	if q.Limits.Rate == 0 {
		return 0, true
	}
	return max(0, q.Free+q.Limits.Interval()-q.Limits.Ahead()), true
}
