package fsm

// flush writes down what is in memory only. It returns the error if the disk refuses that: Pebble
// tries again for ever, and a caller that waited for its success would keep the node from ending.
func (s *State) flush() error {
	done, err := s.db.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-s.broken:
		return *s.background.Load()
	}
}

// fail records the first error after which this node cannot go on. Apply returns it from then on.
func (s *State) fail(err error) {
	if err != nil && s.background.CompareAndSwap(nil, &err) {
		close(s.broken)
	}
}
