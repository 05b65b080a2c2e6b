package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
)

// Queues lists queues by name; cursor is the last name of the page before.
func (e *Engine) Queues(ctx context.Context, rd Read, limit int, cursor string) (queues []fsm.Queue, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	if cursor != "" {
		if err := checkLabel("cursor", cursor); err != nil {
			return nil, "", 0, err
		}
	}
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		queues = v.Queues(cursor, limit+1)
	})
	if len(queues) > limit {
		queues = queues[:limit]
		next = queues[limit-1].Name
	}
	return queues, next, index, err
}

// Queue tells how one queue stands; one that nobody ever used is empty.
func (e *Engine) Queue(ctx context.Context, rd Read, name string) (q fsm.Queue, index uint64, err error) {
	if err := checkLabel("queue", name); err != nil {
		return q, 0, err
	}
	err = e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if q, _ = v.Queue(name); q.Name == "" {
			q.Name = name
		}
	})
	return q, index, err
}

// Bounds of a queue's limits.
const (
	maxConcurrency = 1_000_000
	maxRate        = 1_000_000 // attempts in a time, and at once
	minPer         = time.Millisecond
	maxPer         = 366 * 24 * time.Hour
)

// LimitQueue sets all limits of a queue.
func (e *Engine) LimitQueue(ctx context.Context, c Call, name string, l fsm.QueueLimits) (Answered, error) {
	if err := checkLabel("queue", name); err != nil {
		return Answered{}, err
	}
	if err := checkQueueLimits(l); err != nil {
		return Answered{}, err
	}
	_, a, err := propose[*fsm.Done](ctx, e, c, &fsm.LimitQueue{Queue: name, Limits: l})
	return a, err
}

func checkQueueLimits(l fsm.QueueLimits) error {
	switch per := l.Per.Std(); {
	case l.Concurrency > maxConcurrency:
		return invalid("concurrency", "is %d, the largest is %d", l.Concurrency, maxConcurrency)
	case l.Rate > maxRate:
		return invalid("rate", "is %d attempts, the largest is %d", l.Rate, maxRate)
	case l.Rate == 0 && per != 0:
		return invalid("rate", "has a time, but no number of attempts")
	case l.Rate > 0 && (per < minPer || per > maxPer):
		return invalid("rate", "is per %s; %s to %s are allowed", per, minPer, maxPer)
	case l.Rate == 0 && l.Burst > 0:
		return invalid("burst", "is given without a rate")
	case l.Burst > maxRate:
		return invalid("burst", "is %d attempts, the largest is %d", l.Burst, maxRate)
	}
	return nil
}
