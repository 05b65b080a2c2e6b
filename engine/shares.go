package engine

import (
	"context"
	"sync"
)

// rounds is a queue with one lane per key. The lanes take turns: however many values one key has,
// another key's first value is next, or nearly so. The zero value is empty.
type rounds[T any] struct {
	lanes map[string][]T
	ring  []string // keys with values, the next one first
	size  int
}

func (r *rounds[T]) push(key string, value T) {
	if r.lanes == nil {
		r.lanes = make(map[string][]T)
	}
	lane, waits := r.lanes[key]
	if !waits {
		r.ring = append(r.ring, key)
	}
	r.lanes[key] = append(lane, value)
	r.size++
}

// pop removes and returns the next value.
func (r *rounds[T]) pop() (value T, ok bool) {
	if len(r.ring) == 0 {
		return value, false
	}
	key := r.ring[0]
	r.ring = r.ring[1:]
	lane := r.lanes[key]
	value = lane[0]
	if len(lane) > 1 {
		r.lanes[key] = lane[1:]
		r.ring = append(r.ring, key)
	} else {
		delete(r.lanes, key)
	}
	r.size--
	return value, true
}

// shares hands out a number of places fairly among the workflow types that want one: it serves the
// waiting types in turn, and the waiters of one type in order.
type shares struct {
	mu      sync.Mutex // guards the fields below
	free    int
	waiting rounds[*placeWaiter]
	lasting map[string]int // number of waiters by key, except those that have left
}

type placeWaiter struct {
	ready chan struct{} // closed when it has its place
	gone  bool
}

func newShares(places int) *shares { return &shares{free: places, lasting: make(map[string]int)} }

// tryAcquire acquires a place if one is free.
func (s *shares) tryAcquire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// acquire waits for a place. The caller must give it back.
func (s *shares) acquire(ctx context.Context, key string) error {
	if s.tryAcquire() {
		return nil
	}
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	w := s.addWaiter(key)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.ready: // but nobody wants it any more
		s.handToNext()
	default:
		w.gone = true
		s.removeWaiter(key)
	}
	return ctx.Err()
}

// The caller of addWaiter and removeWaiter holds mu.
func (s *shares) addWaiter(key string) *placeWaiter {
	w := &placeWaiter{ready: make(chan struct{})}
	s.waiting.push(key, w)
	s.lasting[key]++
	return w
}

func (s *shares) removeWaiter(key string) {
	if s.lasting[key]--; s.lasting[key] == 0 {
		delete(s.lasting, key)
	}
}

// release releases a place.
func (s *shares) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handToNext()
}

// handToNext hands a place to the next waiter. The caller holds mu.
func (s *shares) handToNext() {
	for len(s.waiting.ring) > 0 {
		key := s.waiting.ring[0]
		w, _ := s.waiting.pop()
		if !w.gone {
			s.removeWaiter(key)
			close(w.ready)
			return
		}
		if last := len(s.waiting.ring) - 1; last > 0 && s.waiting.ring[last] == key { // its type has not had its turn yet
			s.waiting.ring = append([]string{key}, s.waiting.ring[:last]...)
		}
	}
	s.free++
}

// othersWait reports whether anybody with another key waits.
func (s *shares) othersWait(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lasting) > 1 || len(s.lasting) == 1 && s.lasting[key] == 0
}
