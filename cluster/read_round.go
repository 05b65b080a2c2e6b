package cluster

import "sync"

// rounds shares rounds among the readers of one node: at most one is under way, and one more
// gathers those that came after it began. What a round finds out is true of a moment after it
// began, so a reader may only wait for a round that begins after its call.
type rounds struct {
	mu     sync.Mutex
	flying bool
	next   *round // not begun yet; nil when nobody waits
}

// round is one question to the cluster and those who wait for its answer.
type round struct {
	done  chan struct{}
	index uint64 // that the state must have; set, like err, before done is closed
	err   error
}

// join returns a round that begins after this call. The first of those who join one when none is
// under way gets mine and has to hold it.
func (s *rounds) join() (r *round, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &round{done: make(chan struct{})}
	}
	r = s.next
	if !s.flying {
		s.flying, s.next, mine = true, nil, true
	}
	return r, mine
}

// hold asks for r, and then, as long as somebody gathers, for the next one.
func (s *rounds) hold(r *round, ask func() (uint64, error)) {
	for r != nil {
		r.index, r.err = ask()
		close(r.done)
		s.mu.Lock()
		r = s.next
		s.flying, s.next = r != nil, nil
		s.mu.Unlock()
	}
}
