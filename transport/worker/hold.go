package worker

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
)

// hold is one task in hand, from the poll that brought it until the cluster has heard of its
// outcome.
type hold struct {
	task   wire.Task
	lease  time.Duration
	hand   *hand
	ctx    context.Context // of its handler
	cancel context.CancelCauseFunc

	// The hand's mutex guards what follows.
	beaten   time.Time       // when the newest sign of life that was answered was sent
	beatAt   time.Time       // when the next one is due
	beating  chan struct{}   // closed when the one under way is over; nil = there is none
	details  json.RawMessage // of the handler, not yet told
	lost     bool            // nothing is to be kept any more: the cluster said so, or nobody was reached for as long as the lease
	returned bool            // the handler is over, its outcome on its way
}

// until is when the lease ends for all that this side knows. It may have ended before: the cluster
// counts from when it gave the task.
func (h *hold) until() time.Time { return h.beaten.Add(h.lease) }

// tell hands details to the beats. The error says why nobody wants them any more.
func (h *hold) tell(details json.RawMessage) error {
	if h.ctx.Err() != nil {
		return context.Cause(h.ctx)
	}
	h.hand.mu.Lock()
	defer h.hand.mu.Unlock()
	h.details = details
	if soon := h.beaten.Add(min(tellWithin, h.lease/beatsPerLease)); soon.Before(h.beatAt) {
		h.beatAt = soon
		h.hand.notice(soon)
	}
	return nil
}

// takeDetails waits until no beat is under way, and takes what it has not told: whoever takes it
// tells it.
func (h *hold) takeDetails() json.RawMessage {
	for {
		h.hand.mu.Lock()
		beating := h.beating
		if beating == nil {
			details := h.details
			h.details = nil
			h.hand.mu.Unlock()
			return details
		}
		h.hand.mu.Unlock()
		<-beating
	}
}

// hand is all that a worker holds.
type hand struct {
	mu      sync.Mutex // guards what follows
	holds   map[*hold]struct{}
	running int           // handlers that have not returned
	changed chan struct{} // closed, and made anew, whenever a handler returns or a hold ends
	wake    time.Time     // when the beats look again; zero = when they are roused
	rouse   chan struct{} // holds one: something is due before wake
}

func newHand() *hand {
	return &hand{holds: map[*hold]struct{}{}, changed: make(chan struct{}), rouse: make(chan struct{}, 1)}
}

// add takes a task whose handler is about to run.
func (a *hand) add(h *hold, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h.hand, h.beaten, h.beatAt = a, now, now.Add(h.lease/beatsPerLease)
	a.holds[h] = struct{}{}
	a.running++
	a.notice(h.beatAt)
}

// returned says that a handler is over, and reports whether its task was lost by then.
func (a *hand) returned(h *hold) (lost bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	h.returned = true
	a.running--
	a.change()
	return h.lost
}

// drop lets go of a task.
func (a *hand) drop(h *hold) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.holds, h)
	a.change()
}

// room is how many more tasks there may be when concurrency handlers may run at a time. Those whose
// outcome is on its way take no handler's place, but there must not be ever more of them.
func (a *hand) room(concurrency int) int {
	return min(concurrency-a.running, 2*concurrency-len(a.holds))
}

// await waits until enough reports true, which it asks under the hand's mutex. It reports whether
// that came before ctx was over.
func (a *hand) await(ctx context.Context, enough func() bool) bool {
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

// stop ends the contexts of all handlers and returns how many there are.
func (a *hand) stop(cause error) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	for h := range a.holds {
		if !h.returned {
			h.cancel(cause)
		}
	}
	return a.running
}

func (a *hand) change() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// notice rouses the beats if they would sleep past at.
func (a *hand) notice(at time.Time) {
	if a.wake.IsZero() || at.Before(a.wake) {
		select {
		case a.rouse <- struct{}{}:
		default:
		}
	}
}
