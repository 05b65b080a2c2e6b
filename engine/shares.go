package engine

import (
	"context"
	"sync"

	"aion.dev/aion/internal/namespace"
)

// rounds is a queue with one lane per key, which is a workflow type. Namespaces take turns, and
// within each its types do: however many values one key has, another key's first value is next, or
// nearly so, and however many types one namespace has. The zero value is empty.
type rounds[T any] struct {
	spaces map[string]*lanes[T] // that have values
	ring   []string             // namespaces with values, the next one first
	size   int
}

// lanes are the lanes of one namespace.
type lanes[T any] struct {
	of   map[string][]T
	ring []string // keys with values, the next one first
}

func (r *rounds[T]) push(key string, value T) {
	if r.spaces == nil {
		r.spaces = make(map[string]*lanes[T])
	}
	space := namespace.Of(key)
	l := r.spaces[space]
	if l == nil {
		l = &lanes[T]{of: make(map[string][]T)}
		r.spaces[space] = l
		r.ring = append(r.ring, space)
	}
	lane, waits := l.of[key]
	if !waits {
		l.ring = append(l.ring, key)
	}
	l.of[key] = append(lane, value)
	r.size++
}

// peek returns the next value and its key.
func (r *rounds[T]) peek() (key string, value T, ok bool) {
	if len(r.ring) == 0 {
		return "", value, false
	}
	l := r.spaces[r.ring[0]]
	key = l.ring[0]
	return key, l.of[key][0], true
}

// pop removes and returns the next value.
func (r *rounds[T]) pop() (value T, ok bool) {
	_, value, ok = r.peek()
	if ok {
		r.remove(true)
	}
	return value, ok
}

// remove removes the next value. Unless it was served, its type and its namespace keep their turns.
func (r *rounds[T]) remove(served bool) {
	space := r.ring[0]
	l := r.spaces[space]
	key := l.ring[0]
	lane := l.of[key]
	if r.size--; len(lane) > 1 {
		l.of[key] = lane[1:]
	} else {
		delete(l.of, key)
	}
	if served || len(lane) == 1 {
		l.ring = l.ring[1:]
		if len(lane) > 1 {
			l.ring = append(l.ring, key)
		}
	}
	if len(l.ring) == 0 {
		delete(r.spaces, space)
	}
	if served || len(l.ring) == 0 {
		r.ring = r.ring[1:]
		if len(l.ring) > 0 {
			r.ring = append(r.ring, space)
		}
	}
}

// shares hands out a number of places fairly among the namespaces, and among the workflow types of
// each, that want one: it serves them in turn, and the waiters of one type in order.
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
	for {
		key, w, ok := s.waiting.peek()
		if !ok {
			break
		}
		s.waiting.remove(!w.gone)
		if !w.gone {
			s.removeWaiter(key)
			close(w.ready)
			return
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
