package fsm

import (
	"context"
	"slices"
)

// waiter is a group of callers who wait for the applied index to pass the same one.
type waiter struct {
	after   uint64
	callers int
	passed  chan struct{}
}

// Wait returns the applied index as soon as it is above after. An entry wakes only those whom it
// satisfies, however many wait for later ones.
func (s *State) Wait(ctx context.Context, after uint64) (uint64, error) {
	s.mu.Lock()
	if s.last.Index > after || s.closed {
		defer s.mu.Unlock()
		return s.passed(after)
	}
	i, found := slices.BinarySearchFunc(s.waiters, after, func(w waiter, after uint64) int {
		switch {
		case w.after < after:
			return -1
		case w.after > after:
			return 1
		}
		return 0
	})
	if !found {
		s.waiters = slices.Insert(s.waiters, i, waiter{after: after, passed: make(chan struct{})})
	}
	s.waiters[i].callers++
	passed := s.waiters[i].passed
	s.mu.Unlock()

	select {
	case <-passed:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.passed(after)
	case <-ctx.Done():
		s.leave(after)
		return 0, ctx.Err()
	}
}

// passed is the answer of Wait, under mu.
func (s *State) passed(after uint64) (uint64, error) {
	if s.last.Index > after {
		return s.last.Index, nil
	}
	return 0, ErrClosed
}

// leave takes one caller away, so that absurd indexes leave nothing behind.
func (s *State) leave(after uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.waiters {
		if w := &s.waiters[i]; w.after == after {
			if w.callers--; w.callers == 0 {
				s.waiters = slices.Delete(s.waiters, i, i+1)
			}
			return
		}
	}
}

// wake wakes those whom the applied index satisfies; all when the state is closed. Under mu.
func (s *State) wake() {
	n := 0
	for n < len(s.waiters) && (s.closed || s.waiters[n].after < s.last.Index) {
		close(s.waiters[n].passed)
		n++
	}
	s.waiters = slices.Delete(s.waiters, 0, n)
}
