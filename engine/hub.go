package engine

import (
	"context"
	"math"
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// hub wakes those who wait for a run or for the public feed. One goroutine tails the feed for the
// whole node and knows from it which runs closed; a second one looks, at most every followPause, at
// the few runs whose growth somebody follows. Waiters never look at the state on every index.
type hub struct {
	log      Log
	closings *closings

	mu       sync.Mutex                             // guards what follows
	waiters  map[history.RunID]map[*waiter]struct{} // by run
	followed map[history.RunID]map[*waiter]struct{} // those of waiters that wait for something other than the end of the run
	fed      chan struct{}                          // closed, and replaced, when the feed grew
}

// waiter waits until its condition holds for a run. The hub sends at most once.
type waiter struct {
	until func(rows.Run) bool // nil = the run closed
	done  chan struct{}
}

// followPause coalesces the looks at followed runs under load. When nothing happens for longer,
// news arrive at once.
const followPause = 20 * time.Millisecond

// feedBatch is how much of the feed is read at a time.
const feedBatch = 1024

func newHub(log Log) *hub {
	return &hub{log: log, closings: newClosings(), waiters: make(map[history.RunID]map[*waiter]struct{}), followed: make(map[history.RunID]map[*waiter]struct{}), fed: make(chan struct{})}
}

// await waits for a run to close. It looks at the run when it is sure to hear of everything later,
// and again when something happened or wait is over; look says whether to go on waiting. When ctx
// ends it returns without another look.
func (h *hub) await(ctx context.Context, wait time.Duration, id history.RunID, look func(fsm.View) bool) {
	h.hold(ctx, wait, id, &waiter{}, look)
}

// awaitGrowth is await for what may happen while the run is open: until says, of the run's row,
// whether it has. What wakes it may be over already: a run that closed may be open again.
func (h *hub) awaitGrowth(ctx context.Context, wait time.Duration, id history.RunID, until func(rows.Run) bool, look func(fsm.View) bool) {
	deadline := time.Now().Add(wait)
	for waits := true; waits && wait > 0 && ctx.Err() == nil; wait = time.Until(deadline) {
		h.hold(ctx, wait, id, &waiter{until: until}, func(v fsm.View) bool {
			waits = look(v)
			return waits
		})
	}
}

func (h *hub) hold(ctx context.Context, wait time.Duration, id history.RunID, w *waiter, look func(fsm.View) bool) {
	w.done = make(chan struct{})
	h.enter(id, w)
	defer h.leave(id, w)
	open := false
	if h.log.View(func(v fsm.View) { open = look(v) }); !open || wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	case <-ctx.Done():
		return
	}
	h.log.View(func(v fsm.View) { look(v) })
}

func (h *hub) enter(id history.RunID, w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	put := func(sets map[history.RunID]map[*waiter]struct{}) {
		if sets[id] == nil {
			sets[id] = make(map[*waiter]struct{})
		}
		sets[id][w] = struct{}{}
	}
	if put(h.waiters); w.until != nil {
		put(h.followed)
	}
}

// leave also serves a waiter that was woken and is gone already.
func (h *hub) leave(id history.RunID, w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(id, w)
}

func (h *hub) remove(id history.RunID, w *waiter) {
	if _, ok := h.waiters[id][w]; !ok {
		return
	}
	for _, sets := range []map[history.RunID]map[*waiter]struct{}{h.waiters, h.followed} {
		if delete(sets[id], w); len(sets[id]) == 0 {
			delete(sets, id)
		}
	}
}

// wake ends the waits for a run.
func (h *hub) wake(id history.RunID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.waiters[id] {
		close(w.done)
		h.remove(id, w)
	}
}

func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, set := range h.waiters {
		for w := range set {
			close(w.done)
			h.remove(id, w)
		}
	}
}

// tail follows the feed until ctx ends, calling notice for each event that is not the close of a
// run, and once with "" whenever events may have been missed: at the beginning, and when the feed
// was cut below the hub's place.
func (h *hub) tail(ctx context.Context, notice func(name string)) error {
	at := fsm.FeedCursor{}
	h.log.View(func(v fsm.View) { at = fsm.FeedCursor{Index: v.Index(), N: math.MaxUint32} })
	// The tail begins where the state is now. Waiters, and the reconciler's first round, may have
	// looked at the state before that, and would never hear of what happened in between.
	h.wakeAll()
	notice("")
	for {
		var events []fsm.FeedEvent
		var index uint64
		missed := false
		h.log.View(func(v fsm.View) {
			index = v.Index()
			missed = v.FeedStart() > at.Index+1
			events, at = v.Feed(at, feedBatch)
		})
		if missed {
			h.wakeAll()
			notice("")
		}
		for _, ev := range events {
			if ev.Name == "WorkflowClosed" {
				h.wake(ev.RunID)
				h.closings.closed(ev.Data)
			} else {
				notice(ev.Name)
			}
		}
		if len(events) > 0 || missed {
			h.announce()
		}
		if len(events) == feedBatch {
			continue
		}
		if _, err := h.log.Wait(ctx, index); err != nil {
			return err
		}
	}
}

// announce wakes those who wait for the feed itself.
func (h *hub) announce() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.fed)
	h.fed = make(chan struct{})
}

// growing returns a channel that is closed when the feed next grows.
func (h *hub) growing() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.fed
}

// follow looks at followed runs whenever the state moved, until ctx ends.
func (h *hub) follow(ctx context.Context) error {
	var index uint64
	for {
		var err error
		if index, err = h.log.Wait(ctx, index); err != nil {
			return err
		}
		h.lookAtFollowed()
		if err := pause(ctx, followPause); err != nil {
			return err
		}
	}
}

// lookAtFollowed costs what is followed, however many wait for results.
func (h *hub) lookAtFollowed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.followed) == 0 {
		return
	}
	h.log.View(func(v fsm.View) {
		for id, set := range h.followed {
			run, known := v.Run(id)
			for w := range set {
				if !known || w.until(run) {
					close(w.done)
					h.remove(id, w)
				}
			}
		}
	})
}

// pause waits for d or ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
