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
	// A poll that hears nothing for this long beyond its wait goes to another node. It is repeated
	// with one request id, so that tasks whose answer was lost are answered again; after that they
	// come back when their lease ends.
	pollAttempt = 10 * time.Second
	shortWait   = time.Second // an empty answer sooner than this says that the node could not wait
)

// poll brings tasks until ctx ends, or until a node refuses in a way that repeating cannot mend:
// that is the error.
func (w *Worker) poll(ctx context.Context) error {
	var pause pause
	for {
		room := 0
		if !w.hand.await(ctx, func() bool { room = w.hand.room(w.cfg.Concurrency); return room > 0 }) {
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
		case err != nil && hopeless(err):
			return fmt.Errorf("worker: poll of queue %q: %w", w.cfg.Queue, err)
		case err != nil:
			w.log.Warn("no work could be asked for", "error", err)
			pause.wait(ctx)
		case len(tasks.Tasks) == 0 && now.Sub(began) < min(shortWait, w.cfg.Wait):
			pause.reset() // the node is there; it closes, or another worker was quicker
			pause.wait(ctx)
		default:
			pause.reset()
			for _, t := range tasks.Tasks {
				w.begin(ctx, t, now)
			}
		}
	}
}

// hopeless reports whether a call was refused for what it asks or for who asks. Everything else
// passes.
func hopeless(err error) bool {
	p, ok := errors.AsType[*wire.Problem](err)
	return ok && p.Outcome == wire.Rejected && p.Code != "resource_exhausted"
}

// pause grows from one failure to the next, and is shorter by chance, so that workers do not return
// together.
type pause struct{ next time.Duration }

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 5 * time.Second
)

func (p *pause) reset() { p.next = 0 }

// wait waits, or until ctx ends.
func (p *pause) wait(ctx context.Context) {
	p.next = min(max(2*p.next, firstPause), maxPause)
	timer := time.NewTimer(p.next/2 + rand.N(p.next/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
