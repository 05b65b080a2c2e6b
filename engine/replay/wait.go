package replay

import (
	"errors"
	"fmt"
	"slices"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// wait is what one thread of the code is blocked on. Futures update it as they resolve, so a turn
// costs what happened since the last one, however many futures the code waits for and however many
// of them are done.
type wait struct {
	mode   runtime.Mode
	ids    []uint64 // as the code passed them; owned by the runtime
	open   []uint64 // unresolved ones, without duplicates, in the order of ids; some may have resolved since
	left   int      // number of unresolved positions of ids
	first  int      // position of the first that resolved; -1 = none
	failed int      // position of the first that failed; -1 = none
	parked bool     // the code stopped there
	over   bool     // a future has decided it since it began
	place  uint64   // of that future
	ended  bool     // the code has been told: it is none of those that are open

	older, newer *wait // of those that are open
}

// waiter is a wait's interest in a future.
type waiter struct {
	wait  *wait
	at    int // the first position of the future there
	times int // how many positions it has there
}

// newWait begins a wait.
func (l *ledger) newWait(mode runtime.Mode, ids []uint64) (*wait, error) {
	w := &wait{mode: mode, ids: ids, first: -1, failed: -1}
	sooner := func(f *future, at int) bool { return at < 0 || f.place < l.find(ids[at]).place }
	for i, id := range ids {
		f := l.find(id)
		switch {
		case f == nil:
			w.leave(l)
			return nil, fmt.Errorf("future %d is not of this run", id)
		case !f.Done:
			if n := len(f.waiters); n > 0 && f.waiters[n-1].wait == w {
				f.waiters[n-1].times++
			} else {
				f.waiters = append(f.waiters, waiter{w, i, 1})
				w.open = append(w.open, id)
			}
			w.left++
			continue
		}
		if sooner(f, w.first) {
			w.first = i
		}
		if f.Failed() && sooner(f, w.failed) {
			w.failed = i
		}
	}
	return w, nil
}

// leave forgets the wait where it is not over.
func (w *wait) leave(l *ledger) {
	for _, id := range w.open {
		f := l.find(id)
		f.waiters = slices.DeleteFunc(f.waiters, func(by waiter) bool { return by.wait == w })
	}
}

// isFor reports whether w is the wait for this very slice: the runtime calls again with the same
// slice.
func (w *wait) isFor(ids []uint64) bool {
	return len(w.ids) == len(ids) && len(ids) > 0 && &w.ids[0] == &ids[0]
}

// resolved records that f, which w waits for, has its outcome. It reports whether that decides it.
func (w *wait) resolved(f *future, by waiter) bool {
	w.left -= by.times
	if w.first < 0 {
		w.first = by.at
	}
	if w.failed < 0 && f.Failed() {
		w.failed = by.at
	}
	if w.over || !w.outcome().Done {
		return false
	}
	w.over, w.place = true, f.place
	return true
}

// outcome returns whether the wait is over, and how.
func (w *wait) outcome() runtime.Awaited {
	switch {
	case w.mode == runtime.All && w.failed >= 0:
		return runtime.Awaited{Done: true, At: w.failed}
	case w.mode == runtime.All || w.mode == runtime.Settled:
		return runtime.Awaited{Done: w.left == 0, At: -1}
	}
	return runtime.Awaited{Done: w.first >= 0, At: w.first}
}

// Await implements runtime.Host.
func (l *ledger) Await(mode runtime.Mode, ids []uint64) (runtime.Awaited, error) {
	if len(ids) == 0 && mode != runtime.All && mode != runtime.Settled {
		return runtime.Awaited{}, errors.New("a race needs at least one future")
	}
	if l.reading || l.checking {
		return l.peek(mode, ids)
	}
	l.book.woken = true
	w := l.waits.of(ids)
	if w == nil {
		if l.cancelDue() && (l.cancel.err == nil || l.book.rules >= 3) {
			l.putBack(ids)
		}
		var err error
		if w, err = l.newWait(mode, ids); err != nil {
			return runtime.Awaited{}, err
		}
		l.waits.add(w)
	}
	a := w.outcome()
	begun := l.cancelDue() && l.cancel.halfway // the previous turn had no room for all of it
	if (!a.Done || begun) && l.cancel.requested && !l.cancel.delivered {
		if err := l.deliverCancel(); err != nil {
			w.parked = true
			return a, err
		}
		a = w.outcome()
	}
	if !a.Done {
		w.parked = true
		if b := &l.book; b.replay && len(b.asked) < len(b.recorded) {
			b.stoppedAt = l.where()
		}
		return a, nil
	}
	if err := l.endIfShareUsed(&w.parked); err != nil {
		return a, err
	}
	l.waits.end(w)
	w.leave(l)
	l.markLooked(ids)
	l.learn(ids, a)
	if mode == runtime.Race || mode == runtime.All && a.At >= 0 {
		return a, l.giveUpRest(ids)
	}
	return a, nil
}

// peek is Await for a query: it reports waits that are over, and changes nothing. For a query, a
// wait that would give futures up is not over.
func (l *ledger) peek(mode runtime.Mode, ids []uint64) (runtime.Awaited, error) {
	var a runtime.Awaited
	done := 0
	first, failed := -1, -1
	sooner := func(f *future, at int) bool { return at < 0 || f.place < l.find(ids[at]).place }
	for i, id := range ids {
		f := l.find(id)
		switch {
		case f == nil:
			return a, fmt.Errorf("future %d is not of this run", id)
		case !f.Done:
			continue
		}
		done++
		if sooner(f, first) {
			first = i
		}
		if f.Failed() && sooner(f, failed) {
			failed = i
		}
	}
	if done < len(ids) && (mode != runtime.Any || first < 0) {
		return a, runtime.ErrReadOnly
	}
	w := wait{mode: mode, first: first, failed: failed}
	return w.outcome(), nil
}

// markLooked records that code has learned the state of these futures. It learns that of unresolved
// ones too, since they are given up.
func (l *ledger) markLooked(ids []uint64) {
	for _, id := range ids {
		f := l.find(id)
		f.looked = f.looked || f.Done
	}
}

// maxWaiting bounds the waits that a step lists, because they are for people.
const maxWaiting = 100

// waiting lists what the code is blocked on. It never looks again at futures that it found
// resolved.
func (l *ledger) waiting() (list []history.Wait) {
	for w := range l.waits.all() {
		if list == nil {
			list = []history.Wait{}
		}
		if len(list) == maxWaiting {
			break
		}
		next, most, still := 0, maxWaiting-len(list), make([]uint64, 0, min(len(w.open), maxWaiting))
		for ; next < len(w.open) && len(still) < most; next++ {
			if !l.find(w.open[next]).Done {
				still = append(still, w.open[next])
			}
		}
		w.open = slices.Replace(w.open[next-len(still):], 0, len(still), still...)
		for _, id := range still {
			f := l.find(id)
			list = append(list, history.Wait{Kind: kindNames[f.kind], ID: f.id, Name: f.name})
		}
	}
	return list
}
