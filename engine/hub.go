package engine

import (
	"context"
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/crowd"
)

// hub wakes callers that wait for a run or for the public feed. One goroutine hears of every entry
// for the whole node, and so learns which runs closed. Another one checks, at most every
// followPause, the few runs whose growth somebody follows. So waiters need not read the state at
// every index.
type hub struct {
	log      Log
	closings *closings
	wakes    crowd.Gate // passed by whoever has waited, before it looks

	mu       sync.Mutex                             // guards the fields below
	waiters  map[history.RunID]map[*waiter]struct{} // by run
	followed map[history.RunID]map[*waiter]struct{} // the waiters that wait for something other than the run's end
	feedGrew chan struct{}                          // closed and replaced whenever the feed grows
}

// waiter waits until its condition holds for a run. The hub sends to it at most once.
type waiter struct {
	until func(rows.Run) bool // nil = the run closed
	done  chan struct{}
}

// followPause batches the checks of followed runs under load. If nothing has happened for longer, a
// change is noticed at once.
const followPause = 20 * time.Millisecond

func newHub(log Log) *hub {
	return &hub{log: log, closings: newClosings(), waiters: make(map[history.RunID]map[*waiter]struct{}), followed: make(map[history.RunID]map[*waiter]struct{}), feedGrew: make(chan struct{})}
}

// await waits for a run to close. It calls look once it is certain to hear of all later changes,
// and again when something has happened or wait is over; look reports whether to go on waiting. If
// ctx ends it returns without another look.
func (h *hub) await(ctx context.Context, wait time.Duration, id history.RunID, look func(fsm.View) bool) {
	h.blockUntil(ctx, wait, id, &waiter{}, look)
}

// awaitGrowth is await for changes of an open run: until reports whether the run's row shows the
// awaited change. A wakeup can be outdated: a run that closed may be open again.
func (h *hub) awaitGrowth(ctx context.Context, wait time.Duration, id history.RunID, until func(rows.Run) bool, look func(fsm.View) bool) {
	deadline := time.Now().Add(wait)
	for waits := true; waits && wait > 0 && ctx.Err() == nil; wait = time.Until(deadline) {
		h.blockUntil(ctx, wait, id, &waiter{until: until}, func(v fsm.View) bool {
			waits = look(v)
			return waits
		})
	}
}

func (h *hub) blockUntil(ctx context.Context, wait time.Duration, id history.RunID, w *waiter, look func(fsm.View) bool) {
	w.done = make(chan struct{})
	h.addWaiter(id, w)
	defer h.removeWaiter(id, w)
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
		h.wakes.Pass()
		return
	}
	h.wakes.Pass()
	h.log.View(func(v fsm.View) { look(v) })
}

func (h *hub) addWaiter(id history.RunID, w *waiter) {
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

// removeWaiter also accepts a waiter that was woken and is already removed.
func (h *hub) removeWaiter(id history.RunID, w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deleteWaiter(id, w)
}

func (h *hub) deleteWaiter(id history.RunID, w *waiter) {
	if _, ok := h.waiters[id][w]; !ok {
		return
	}
	for _, sets := range []map[history.RunID]map[*waiter]struct{}{h.waiters, h.followed} {
		if delete(sets[id], w); len(sets[id]) == 0 {
			delete(sets, id)
		}
	}
}

// wake ends all waits for a run.
func (h *hub) wake(id history.RunID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.waiters[id] {
		close(w.done)
		h.deleteWaiter(id, w)
	}
}

func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, set := range h.waiters {
		for w := range set {
			close(w.done)
			h.deleteWaiter(id, w)
		}
	}
}

// tail hears what every entry announces until ctx ends. It calls notice for each event that does
// not close a run, and with "" whenever events may have been missed: at the beginning, and when a
// snapshot or a flood of events left the hub behind.
func (h *hub) tail(ctx context.Context, notice func(name string)) error {
	var index uint64
	h.log.View(func(v fsm.View) { index = v.Index() })
	// The tail starts at the current state. Waiters, and the reconciler's first round, may have
	// read an earlier state, and would never hear of changes in between.
	h.wakeAll()
	notice("")
	for {
		if _, err := h.log.Wait(ctx, index); err != nil {
			return err
		}
		var events []fsm.News
		whole := true
		h.log.View(func(v fsm.View) {
			events, whole = v.News(index)
			index = v.Index()
		})
		if !whole {
			h.wakeAll()
			notice("")
		}
		for _, ev := range events {
			if ev.Name == "WorkflowClosed" {
				h.wake(ev.RunID)
				h.closings.closed(ev.WorkflowType, ev.Status)
			} else {
				notice(ev.Name)
			}
		}
		if len(events) > 0 || !whole {
			h.wakeFeedReaders()
		}
	}
}

// wakeFeedReaders wakes callers that wait for the feed itself.
func (h *hub) wakeFeedReaders() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.feedGrew)
	h.feedGrew = make(chan struct{})
}

// feedGrowth returns a channel that is closed when the feed next grows.
func (h *hub) feedGrowth() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.feedGrew
}

// watchFollowed checks followed runs whenever the state has changed, until ctx ends.
func (h *hub) watchFollowed(ctx context.Context) error {
	var index uint64
	for {
		var err error
		if index, err = h.log.Wait(ctx, index); err != nil {
			return err
		}
		h.checkFollowed()
		if err := pause(ctx, followPause); err != nil {
			return err
		}
	}
}

// checkFollowed costs time in proportion to the followed runs, however many callers wait for
// results.
func (h *hub) checkFollowed() {
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
					h.deleteWaiter(id, w)
				}
			}
		}
	})
}

// pause waits for d or for ctx's end.
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
