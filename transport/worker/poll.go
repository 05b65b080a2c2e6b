package worker

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const (
	maxTasks = 1000 // of one poll
	// pollAttempt bounds how long a poll may be silent beyond its wait before it goes to another
	// node. It keeps its request id, so that tasks whose answer was lost are returned again; later,
	// they come back when their lease ends.
	pollAttempt = 10 * time.Second
	shortWait   = time.Second // an empty answer sooner than this means that the node could not wait
)

// poll takes tasks until ctx ends, or until a node refuses in a way that retrying cannot fix: that
// is the error.
func (w *Worker) poll(ctx context.Context) error {
	var pause pause
	for {
		room := 0
		if !w.held.await(ctx, func() bool { room = w.held.free(w.cfg.Concurrency); return room > 0 }) {
			return nil
		}
		began := time.Now()
		tasks, err := w.client.Poll(ctx, w.cfg.Queue, wire.PollRequest{
			WorkerID: w.cfg.ID, Activities: w.names, MaxTasks: min(room, maxTasks), Wait: w.cfg.Wait.String(), Lease: w.cfg.Lease.String(),
		}, client.Patience(pollAttempt, pollAttempt))
		w.count.polls.Add(1)
		now := time.Now()
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil && permanent(err):
			return fmt.Errorf("worker: poll of queue %q: %w", w.cfg.Queue, err)
		case err != nil:
			w.log.Warn("no work could be asked for", "error", err)
			pause.wait(ctx)
		case len(tasks.Tasks) == 0 && now.Sub(began) < min(shortWait, w.cfg.Wait):
			pause.reset() // the node is alive; it closes, or another worker was quicker
			pause.wait(ctx)
		default:
			pause.reset()
			for _, t := range tasks.Tasks {
				w.startHandler(ctx, t, now)
			}
		}
	}
}

// permanent reports whether a call was refused for its content or its caller. Every other problem
// is temporary.
func permanent(err error) bool {
	p, ok := errors.AsType[*wire.Problem](err)
	return ok && p.Outcome == wire.Rejected && p.Code != "resource_exhausted"
}

// pause grows with each failure, with random jitter so that workers do not return together.
type pause struct{ next time.Duration }

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 5 * time.Second
)

func (p *pause) reset() { p.next = 0 }

// wait waits for the pause, or until ctx ends.
func (p *pause) wait(ctx context.Context) {
	p.next = min(max(2*p.next, firstPause), maxPause)
	timer := time.NewTimer(p.next/2 + rand.N(p.next/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
