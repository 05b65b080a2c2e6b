package transport

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// QueueKeeper is what the routes of queues need from a node.
type QueueKeeper interface {
	Queues(ctx context.Context, rd engine.Read, limit int, cursor string) ([]rows.Queue, string, uint64, error)
	Queue(ctx context.Context, rd engine.Read, name string) (rows.Queue, uint64, error)
	// Pollers returns who has polled a queue, as this node has seen it while it leads.
	Pollers(ctx context.Context, queue string, limit int) (list []engine.Poller, total int, since time.Time, err error)
	LimitQueue(ctx context.Context, c engine.Call, name string, l rows.QueueLimits) (engine.Answered, error)
}

type queuesInput struct {
	Fresh
	PagedNames
}

func (s *Server) queues(ctx context.Context, in *queuesInput) (*answer[wire.Queues], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	queues, next, index, err := s.cfg.QueueKeeper.Queues(ctx, rd, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Queues{Queues: make([]wire.Queue, len(queues)), NextCursor: next, Indexed: at(index)}
	for i := range queues {
		body.Queues[i] = queueOf(&queues[i])
	}
	return &answer[wire.Queues]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type queueInput struct {
	Fresh
	OfQueue
}

func (s *Server) queue(ctx context.Context, in *queueInput) (*answer[wire.QueueAnswer], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	q, index, err := s.cfg.QueueKeeper.Queue(ctx, rd, in.Queue)
	if err != nil {
		return nil, err
	}
	body := wire.QueueAnswer{Queue: queueOf(&q), Answered: wire.Answered{Indexed: at(index)}}
	pollers, total, since, err := s.cfg.QueueKeeper.Pollers(ctx, in.Queue, wire.MaxPollers)
	if err != nil {
		return nil, err
	}
	if !since.IsZero() {
		body.Polled = &wire.Polled{Since: since.UTC(), Total: total, Pollers: make([]wire.Poller, len(pollers))}
		for i, p := range pollers {
			body.Polled.Pollers[i] = wire.Poller{
				WorkerID: p.Worker, Version: p.Version, Node: p.Node, LastPoll: p.LastPoll.UTC(), Waiting: p.Waiting, Leased: p.Leased, Activities: p.Activities, MoreActivities: p.More,
			}
		}
	}
	return &answer[wire.QueueAnswer]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type limitQueueInput struct {
	Keyed
	OfQueue
}

// limitQueue answers with the new limits and the current state of the queue.
func (s *Server) limitQueue(ctx context.Context, in *limitQueueInput) (*answer[wire.QueueAnswer], error) {
	var r wire.QueueLimits
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	limits := rows.QueueLimits{Burst: r.Burst}
	if r.Concurrency != nil {
		limits.Concurrency, limits.Stopped = *r.Concurrency, *r.Concurrency == 0
	}
	if limits.Rate, limits.Per, err = parseRate(r.Rate); err != nil {
		return nil, err
	}
	a, err := s.cfg.QueueKeeper.LimitQueue(ctx, c, in.Queue, limits)
	if err != nil {
		return nil, refused(a, err)
	}
	q, _, err := s.cfg.QueueKeeper.Queue(ctx, engine.Read{Stale: true}, in.Queue) // this node has applied the change
	if err != nil {
		return nil, err
	}
	q.Limits = limits
	return &answer[wire.QueueAnswer]{Index: a.Index, Body: wire.QueueAnswer{Queue: queueOf(&q), Answered: answered(a)}}, nil
}

func queueOf(q *rows.Queue) wire.Queue {
	var concurrency *uint64
	if q.Limits.Stopped || q.Limits.Concurrency > 0 {
		concurrency = &q.Limits.Concurrency
	}
	return wire.Queue{
		Queue: q.Name, Offered: q.Offered, Backoff: q.Backoff, Leased: q.Leased,
		Limits: wire.QueueLimits{Concurrency: concurrency, Rate: rateText(q.Limits.Rate, q.Limits.Per), Burst: q.Limits.Burst},
	}
}

// units are the units of time that a rate may name without a number.
var units = []struct {
	name string
	span time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// parseRate parses "10/s", "600/m" or "5/1h30m": a number per period.
func parseRate(text string) (n uint64, per history.Duration, err error) {
	if text == "" {
		return 0, 0, nil
	}
	number, span, _ := strings.Cut(text, "/")
	n, err = strconv.ParseUint(number, 10, 64)
	d, spanErr := time.ParseDuration(span)
	for _, u := range units {
		if span == u.name {
			d, spanErr = u.span, nil
		}
	}
	if err != nil || spanErr != nil || n == 0 || d <= 0 {
		return 0, 0, invalid("rate", "is %q; want a number of attempts in a time, such as 10/s, 600/m or 5/1h30m", clip(text))
	}
	return n, history.Duration(d), nil
}

// rateText reverses parseRate.
func rateText(n uint64, per history.Duration) string {
	if n == 0 {
		return ""
	}
	for _, u := range units {
		if per.Std() == u.span {
			return fmt.Sprintf("%d/%s", n, u.name)
		}
	}
	return fmt.Sprintf("%d/%s", n, per)
}
