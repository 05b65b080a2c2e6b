package engine

import (
	"context"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// Queues lists queues by name; cursor is the last name of the previous page.
func (e *Engine) Queues(ctx context.Context, rd Read, limit int, cursor string) (queues []rows.Queue, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	if cursor != "" {
		if err := checkKnown("cursor", cursor); err != nil {
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

// Queue returns the state of one queue; a queue that nobody has used is empty.
func (e *Engine) Queue(ctx context.Context, rd Read, name string) (q rows.Queue, index uint64, err error) {
	if err := checkKnown("queue", name); err != nil {
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

// LimitQueue sets all limits of a queue.
func (e *Engine) LimitQueue(ctx context.Context, c Call, name string, l rows.QueueLimits) (Answered, error) {
	if err := checkLabel("queue", name); err != nil {
		return Answered{}, err
	}
	_, a, err := propose[*fsm.Done](ctx, e, c, &fsm.LimitQueue{Queue: name, Limits: l})
	return a, err
}
