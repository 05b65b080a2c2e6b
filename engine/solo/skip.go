package solo

import (
	"sync"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Skipping is a Log whose time stands still until it is told to skip. It also implements
// engine.Alarms, so that the engine's loops sleep in its time.
type Skipping struct {
	*Log

	mu     sync.Mutex // guards the fields below
	at     history.Time
	alarms map[*alarm]struct{}
}

type alarm struct {
	at   history.Time
	rung chan struct{}
}

// NewSkipping makes the log of a state, starting at the time start. Nobody else may apply to that
// state.
func NewSkipping(state *fsm.State, start history.Time) *Skipping {
	s := &Skipping{Log: NewLog(state), at: start, alarms: make(map[*alarm]struct{})}
	s.now = s.Now
	return s
}

// Now implements engine.Clock.
func (s *Skipping) Now() history.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Alarm implements engine.Alarms.
func (s *Skipping) Alarm(at history.Time) (rung <-chan struct{}, free func()) {
	a := &alarm{at: at, rung: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	if at <= s.at {
		close(a.rung)
		return a.rung, func() {}
	}
	s.alarms[a] = struct{}{}
	return a.rung, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.alarms, a)
	}
}

// Skip moves the time to at, unless it is already past at, and rings the alarms that are due by
// then.
func (s *Skipping) Skip(at history.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = max(s.at, at)
	for a := range s.alarms {
		if a.at <= s.at {
			close(a.rung)
			delete(s.alarms, a)
		}
	}
}
