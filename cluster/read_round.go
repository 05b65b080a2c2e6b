package cluster

import "sync"

// rounds shares rounds among the readers of one node: at most one is in flight, and readers that
// came after it began gather for one more. What a round proves is true of a moment after it began,
// so a reader may only wait for a round that begins after its call.
type rounds struct {
	mu     sync.Mutex
	flying bool
	next   *round // not begun yet; nil when nobody waits for one
}

// round is one question to the cluster and its waiters.
type round struct {
	done  chan struct{}
	index uint64 // that the state must reach; like err, set before done is closed
	err   error
}

// join returns a round that begins after this call. The first reader to join when none is in flight
// gets mine and has to run it.
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

// run asks for r and then, as long as readers have gathered, for the next round.
func (s *rounds) run(r *round, ask func() (uint64, error)) {
	for r != nil {
		r.index, r.err = ask()
		close(r.done)
		s.mu.Lock()
		r = s.next
		s.flying, s.next = r != nil, nil
		s.mu.Unlock()
	}
}
