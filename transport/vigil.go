package transport

import (
	"context"
	"sync"
	"time"

	"aion.dev/aion/fsm/history"
)

// A call that waits, and a stream of events, end when their caller may not call any more: its token
// was revoked or has expired, a cluster that was open has its first token, or this node has heard
// nothing from a leader for too long to tell.

// vigilEvery is how often those who wait are looked at: all calls of a token together.
const vigilEvery = 500 * time.Millisecond

// vigils are the callers who wait here. While there is one, a goroutine looks.
type vigils struct {
	check   func(*caller) error // why a caller may not go on
	closing <-chan struct{}

	mu   sync.Mutex
	of   map[vigilKey]*vigil // guarded by mu
	idle chan struct{}       // guarded by mu: closed when nobody waits any more; nil = the goroutine does not run
}

// vigilKey tells apart those of whom something else may become true.
type vigilKey struct {
	serial  uint64
	open    bool
	expires history.Time // of what others vouch for
}

// vigil is one caller who waits, perhaps with many calls.
type vigil struct {
	who   caller
	calls int
	ctx   context.Context // ends, with the reason, when the caller may not go on
	end   context.CancelCauseFunc
}

// keep watches a caller while a call of it waits. The context ends, with the reason as its cause,
// when the caller may not go on; release ends the watch. Both are nil for a caller who always may.
func (v *vigils) keep(c *caller) (over context.Context, release func()) {
	if c.serial == 0 && !c.open && c.outside == "" {
		return nil, nil
	}
	key := vigilKey{c.serial, c.open, 0}
	if c.outside != "" {
		key.expires = c.expires
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	w := v.of[key]
	if w == nil {
		w = &vigil{who: *c}
		w.ctx, w.end = context.WithCancelCause(context.Background())
		if v.of == nil {
			v.of = map[vigilKey]*vigil{}
		}
		v.of[key] = w
	}
	if w.calls++; v.idle == nil {
		v.idle = make(chan struct{})
		go v.look(v.idle)
	}
	return w.ctx, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if w.calls--; w.calls == 0 {
			w.end(nil)
			if v.of[key] == w {
				delete(v.of, key)
			}
			if len(v.of) == 0 && v.idle != nil {
				close(v.idle)
				v.idle = nil
			}
		}
	}
}

// look looks at those who wait until nobody does.
func (v *vigils) look(idle <-chan struct{}) {
	tick := time.NewTicker(vigilEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-idle:
			return
		case <-v.closing: // waits end then, whoever asks
			return
		}
		v.mu.Lock()
		for key, w := range v.of {
			if err := v.check(&w.who); err != nil {
				w.end(err)
				delete(v.of, key)
			}
		}
		v.mu.Unlock()
	}
}

// mayGoOn is the check of a Server.
func (s *Server) mayGoOn(c *caller) error {
	if err := s.still(c); err != nil {
		return err
	}
	return s.inTouch(c)
}
