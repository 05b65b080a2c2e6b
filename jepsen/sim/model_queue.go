package sim

import (
	"fmt"
	"math"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// limits are the limits of a queue, and the time up to which its rate is used up.
type limits struct {
	rows.QueueLimits
	free history.Time
}

// interval is how much of the rate one attempt uses; ahead is how far the queue may run ahead of
// the present.
func (l *limits) interval() history.Time {
	return history.Time(math.Ceil(float64(l.Per) / float64(l.Rate)))
}

func (l *limits) ahead() history.Time {
	burst := l.Burst
	if burst == 0 {
		burst = l.Rate
	}
	return history.Time(burst) * l.interval()
}

func (m *Model) limit(c *fsm.LimitQueue) (code string) {
	if c.Limits.Rate == 0 && (c.Limits.Per != 0 || c.Limits.Burst > 0) {
		return "invalid_input"
	}
	l := m.limits[c.Queue]
	if l == nil {
		l = new(limits)
		m.limits[c.Queue] = l
	}
	l.QueueLimits = c.Limits
	if l.Rate == 0 {
		l.free = 0
	} else {
		l.free = min(l.free, m.now+l.ahead())
	}
	return ok
}

// tasks recounts the tasks of a queue: on offer, waiting, and leased.
func (m *Model) tasks(queue string) (offered, backoff, leased uint64) {
	for _, id := range m.order {
		r := m.runs[id]
		if r == nil {
			continue
		}
		for _, t := range r.tasks {
			if t.asked.Queue != queue {
				continue
			}
			switch t.state {
			case rows.TaskOffered:
				offered++
			case rows.TaskBackoff:
				backoff++
			default:
				leased++
			}
		}
	}
	return offered, backoff, leased
}

// allows returns how many attempts may begin now.
func (m *Model) allows(queue string) uint64 {
	n, l := uint64(math.MaxUint32), m.limits[queue]
	if l == nil {
		return n
	}
	if l.Concurrency > 0 {
		_, _, leased := m.tasks(queue)
		n = l.Concurrency - min(leased, l.Concurrency)
	}
	if l.Rate > 0 {
		n = min(n, uint64(max(0, (m.now+l.ahead()-max(m.now, l.free))/l.interval())))
	}
	return n
}

func (m *Model) useUp(queue string, n int) {
	if l := m.limits[queue]; n > 0 && l != nil && l.Rate > 0 {
		l.free = max(l.free, m.now) + history.Time(n)*l.interval()
	}
}

func (m *Model) queuesAreNot(v fsm.View) string {
	for _, name := range queues {
		want := rows.Queue{Name: name}
		want.Offered, want.Backoff, want.Leased = m.tasks(name)
		if l := m.limits[name]; l != nil {
			want.Limits, want.Free = l.QueueLimits, l.free
		}
		if want == (rows.Queue{Name: name}) {
			want.Name = "" // it does not exist
		}
		if got, _ := v.Queue(name); got != want {
			return fmt.Sprintf("queue %s is %+v, want %+v", name, got, want)
		}
	}
	return ""
}
