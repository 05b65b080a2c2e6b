package worker

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
)

// hold is one held task, from the poll that got it until the cluster has recorded its outcome.
type hold struct {
	task   wire.Task
	lease  time.Duration
	holder *heldTasks
	ctx    context.Context // of its handler
	cancel context.CancelCauseFunc

	// The mutex of heldTasks guards the fields below.
	beaten   time.Time       // when the newest answered heartbeat was sent
	beatAt   time.Time       // when the next heartbeat is due
	beating  chan struct{}   // closed when the heartbeat in flight is over; nil = none
	details  json.RawMessage // from the handler, not yet sent
	lost     bool            // the task is no longer ours: the cluster said so, or no node was reachable for as long as the lease
	returned bool            // the handler is over, and its outcome is being delivered
}

// until returns when the lease ends, as far as this side knows. It may end earlier: the cluster
// counts from when it gave the task.
func (h *hold) until() time.Time { return h.beaten.Add(h.lease) }

// setDetails stores details for the next heartbeat. The error says why nobody wants them any more.
func (h *hold) setDetails(details json.RawMessage) error {
	if h.ctx.Err() != nil {
		return context.Cause(h.ctx)
	}
	h.holder.mu.Lock()
	defer h.holder.mu.Unlock()
	h.details = details
	if soon := h.beaten.Add(min(detailsWithin, h.lease/beatsPerLease)); soon.Before(h.beatAt) {
		h.beatAt = soon
		h.holder.notice(soon)
	}
	return nil
}

// removeDetails waits until no heartbeat is in flight, and removes and returns the unsent details:
// the caller must send them.
func (h *hold) removeDetails() json.RawMessage {
	for {
		h.holder.mu.Lock()
		beating := h.beating
		if beating == nil {
			details := h.details
			h.details = nil
			h.holder.mu.Unlock()
			return details
		}
		h.holder.mu.Unlock()
		<-beating
	}
}

// heldTasks is everything that a worker holds.
type heldTasks struct {
	mu      sync.Mutex // guards the fields below
	holds   map[*hold]struct{}
	running int           // number of handlers that have not returned
	asked   int           // number of tasks that polls in flight ask for
	changed chan struct{} // closed and replaced whenever a handler returns or a hold ends
	wake    time.Time     // when the heartbeats look again; zero = when they are roused
	rouse   chan struct{} // receives a value if something is due before wake
}

func newHand() *heldTasks {
	return &heldTasks{holds: map[*hold]struct{}{}, changed: make(chan struct{}), rouse: make(chan struct{}, 1)}
}

// add adds a task whose handler is about to run.
func (a *heldTasks) add(h *hold, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h.holder, h.beaten, h.beatAt = a, now, now.Add(h.lease/beatsPerLease)
	a.holds[h] = struct{}{}
	a.running++
	a.notice(h.beatAt)
}

// returned records that a handler is over, and reports whether its task was lost by then.
func (a *heldTasks) returned(h *hold) (lost bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h.returned = true
	a.running--
	a.broadcast()
	return h.lost
}

// remove removes a task.
func (a *heldTasks) remove(h *hold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.holds, h)
	a.broadcast()
}

// ask waits until there is room for tasks, and reserves it for a poll: at most most. 0 means that
// ctx has ended. Tasks whose outcome is being delivered occupy no handler's place, but their number
// must stay bounded. The caller must call answered.
func (a *heldTasks) ask(ctx context.Context, concurrency, most int) (room int) {
	if !a.await(ctx, func() bool {
		room = min(concurrency-a.running-a.asked, 2*concurrency-len(a.holds)-a.asked, most)
		if room > 0 {
			a.asked += room
		}
		return room > 0
	}) {
		return 0
	}
	return room
}

// answered frees what a poll reserved, once its tasks are added.
func (a *heldTasks) answered(room int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked -= room
	a.broadcast()
}

// await waits until enough, which it calls under the mutex, returns true. It reports whether
// that came before ctx ended.
func (a *heldTasks) await(ctx context.Context, enough func() bool) bool {
	for {
		a.mu.Lock()
		done, changed := enough(), a.changed
		a.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// stop ends the contexts of all handlers, and returns their number.
func (a *heldTasks) stop(cause error) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for h := range a.holds {
		if !h.returned {
			h.cancel(cause)
		}
	}
	return a.running
}

func (a *heldTasks) broadcast() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// notice wakes the heartbeats if they would sleep past at.
func (a *heldTasks) notice(at time.Time) {
	if a.wake.IsZero() || at.Before(a.wake) {
		select {
		case a.rouse <- struct{}{}:
		default:
		}
	}
}
