package fsm

import (
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Queue is where workers of one kind find tasks. It exists while it has limits or tasks.
type Queue struct {
	Name   string      `cbor:"1,keyasint"`
	Limits QueueLimits `cbor:"2,keyasint,omitzero"`

	Offered uint64 `cbor:"3,keyasint,omitempty"` // tasks that a worker may take
	Backoff uint64 `cbor:"4,keyasint,omitempty"` // tasks that wait to be offered again
	Leased  uint64 `cbor:"5,keyasint,omitempty"` // attempts in the hands of workers, given up ones too

	Free history.Time `cbor:"6,keyasint,omitempty"` // state of the rate limit: the time up to which its leases are used up
}

// QueueLimits bound a queue. Zero fields do not; Stopped stands for a concurrency of 0.
type QueueLimits struct {
	Concurrency uint64           `cbor:"1,keyasint,omitempty"` // attempts in the hands of workers at a time
	Rate        uint64           `cbor:"2,keyasint,omitempty"` // attempts begun in each Per
	Per         history.Duration `cbor:"3,keyasint,omitempty"` // with Rate
	Burst       uint64           `cbor:"4,keyasint,omitempty"` // attempts begun at once after a quiet time; 0 = Rate
	Stopped     bool             `cbor:"5,keyasint,omitempty"` // no attempt begins; Concurrency is 0
}

// LimitQueue sets all limits of a queue; zero limits take them away.
type LimitQueue struct {
	Queue  string      `cbor:"1,keyasint"`
	Limits QueueLimits `cbor:"2,keyasint,omitzero"`
}

// Kind implements Command.
func (*LimitQueue) Kind() Kind { return KindLimitQueue }

func (c *LimitQueue) apply(t *step) (Answer, Refusal) {
	if n := len(c.Queue); n < 1 || n > maxTaskName {
		return nil, nameSize("queue", n)
	}
	if refusal := checkLimits(c.Limits); refusal != nil {
		return nil, refusal
	}
	q := t.queue(c.Queue)
	q.Limits = c.Limits
	if c.Limits.Rate == 0 {
		q.Free = 0
	} else {
		q.Free = min(q.Free, t.now+c.Limits.ahead()) // what the old rate has used up is no debt to the new one
	}
	return new(Done), nil
}

// Bounds of a rate, so that its arithmetic stays within 64 bits.
const (
	maxRate = 1_000_000
	maxPer  = history.Duration(24 * time.Hour)
	minPer  = history.Duration(time.Millisecond)
	perRate = 1_000 // most bursts of a rate
)

// checkLimits says which limit makes no sense.
func checkLimits(l QueueLimits) Refusal {
	invalid := func(field, format string, args ...any) Refusal {
		return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case l.Stopped && l.Concurrency > 0:
		return invalid("concurrency", "is %d, but the queue is stopped", l.Concurrency)
	case l.Rate > maxRate:
		return invalid("rate", "begins %d attempts, the limit is %d", l.Rate, maxRate)
	case l.Rate == 0 && l.Per != 0:
		return invalid("rate", "begins no attempt in %s", l.Per)
	case l.Rate > 0 && (l.Per < minPer || l.Per > maxPer):
		return invalid("rate", "is for a time of %s; %s to %s are allowed", l.Per, minPer, maxPer)
	case l.Rate == 0 && l.Burst > 0:
		return invalid("burst", "needs a rate")
	case l.Burst > maxRate || l.Burst > perRate*l.Rate:
		return invalid("burst", "is %d; up to %d times the rate's %d are allowed, and %d", l.Burst, perRate, l.Rate, maxRate)
	}
	return nil
}
