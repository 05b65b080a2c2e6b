package fsm

import (
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// LimitQueue sets all limits of a queue; zero limits take them away.
type LimitQueue struct {
	Queue  string           `cbor:"1,keyasint"`
	Limits rows.QueueLimits `cbor:"2,keyasint,omitzero"`
}

// Kind implements Command.
func (*LimitQueue) Kind() Kind { return KindLimitQueue }

func (c *LimitQueue) apply(t *step) (Answer, Refusal) {
	if n := len(namespace.Bare(c.Queue)); n < 1 || n > maxTaskName {
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
		q.Free = min(q.Free, t.now+c.Limits.Ahead()) // what the old rate has used up is no debt to the new one
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
func checkLimits(l rows.QueueLimits) Refusal {
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
