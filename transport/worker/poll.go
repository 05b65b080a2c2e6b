package worker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
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

// polls is how many polls of a worker wait at a time. A task that is ready when a worker has just
// been given another one goes to the poll that still waits, in the entry of the log that makes it
// ready.
const polls = 2

// takeTasks polls until ctx ends, or until a node refuses in a way that retrying cannot fix: that
// is the error.
func (w *Worker) takeTasks(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	refused := make([]error, min(polls, w.cfg.Concurrency))
	var polling sync.WaitGroup
	for i := range refused {
		polling.Go(func() {
			if refused[i] = w.poll(ctx, (w.cfg.Concurrency+len(refused)-1)/len(refused)); refused[i] != nil {
				stop()
			}
		})
	}
	polling.Wait()
	return cmp.Or(refused...)
}

// poll takes at most most tasks at a time until ctx ends, or until a node refuses for good.
func (w *Worker) poll(ctx context.Context, most int) error {
	var pause pause
	for ctx.Err() == nil {
		room := w.held.ask(ctx, w.cfg.Concurrency, min(most, maxTasks))
		if room == 0 {
			return nil
		}
		err := w.pollOnce(ctx, room, &pause)
		w.held.answered(room)
		if err != nil && permanent(err) {
			return fmt.Errorf("worker: poll of queue %q: %w", w.cfg.Queue, err)
		}
		if err != nil {
			w.log.Warn("no work could be asked for", "error", err)
			pause.wait(ctx)
		}
	}
	return nil
}

// pollOnce makes one poll and starts the handlers of its tasks. A poll that ends with ctx is no
// error.
func (w *Worker) pollOnce(ctx context.Context, room int, pause *pause) error {
	began := time.Now()
	tasks, err := w.client.Poll(ctx, w.cfg.Queue, wire.PollRequest{
		WorkerID: w.cfg.ID, WorkerVersion: w.cfg.Version, Activities: w.names, MaxTasks: room, Wait: w.cfg.Wait.String(), Lease: w.cfg.Lease.String(),
	}, client.Patience(pollAttempt, pollAttempt))
	w.count.polls.Add(1)
	now := time.Now()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case len(tasks.Tasks) == 0 && now.Sub(began) < min(shortWait, w.cfg.Wait):
		pause.reset() // the node is alive; it closes, or another worker was quicker
		pause.wait(ctx)
	default:
		pause.reset()
		for _, t := range tasks.Tasks {
			w.startHandler(ctx, t, now)
		}
	}
	return nil
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
