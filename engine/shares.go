package engine

import (
	"context"
	"sync"
)

// rounds is a queue with a lane for each key, whose lanes take turns: however many values one key
// has, another key's first is next, or nearly so. The zero value is empty.
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

// pop takes the next value out.
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

// shares hands out a number of places, fairly among the workflow types that want one: those who
// wait are served type by type in turn, and within a type in order.
type shares struct {
	mu      sync.Mutex // guards what follows
	free    int
	waiting rounds[*placeWaiter]
	lasting map[string]int // waiters by key, those not counted that have gone
}

type placeWaiter struct {
	ready chan struct{} // closed when it has its place
	gone  bool
}

func newShares(places int) *shares { return &shares{free: places, lasting: make(map[string]int)} }

// try takes a place if one is free.
func (s *shares) try() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.free == 0 {
		return false
	}
	s.free--
	return true
}

// take waits for a place. Whoever has one gives it back.
func (s *shares) take(ctx context.Context, key string) error {
	if s.try() {
		return nil
	}
	s.mu.Lock()
	if s.free > 0 {
		s.free--
		s.mu.Unlock()
		return nil
	}
	w := s.enter(key)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-w.ready: // and now nobody wants it
		s.pass()
	default:
		w.gone = true
		s.leave(key)
	}
	return ctx.Err()
}

// enter and leave are called with mu held.
func (s *shares) enter(key string) *placeWaiter {
	w := &placeWaiter{ready: make(chan struct{})}
	s.waiting.push(key, w)
	s.lasting[key]++
	return w
}

func (s *shares) leave(key string) {
	if s.lasting[key]--; s.lasting[key] == 0 {
		delete(s.lasting, key)
	}
}

// give gives a place back.
func (s *shares) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass()
}

// pass hands a place to the next who waits for it. It is called with mu held.
func (s *shares) pass() {
	for len(s.waiting.ring) > 0 {
		key := s.waiting.ring[0]
		w, _ := s.waiting.pop()
		if !w.gone {
			s.leave(key)
			close(w.ready)
			return
		}
		if last := len(s.waiting.ring) - 1; last > 0 && s.waiting.ring[last] == key { // its type has not had its turn yet
			s.waiting.ring = append([]string{key}, s.waiting.ring[:last]...)
		}
	}
	s.free++
}

// others reports whether somebody of another key waits.
func (s *shares) others(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lasting) > 1 || len(s.lasting) == 1 && s.lasting[key] == 0
}
