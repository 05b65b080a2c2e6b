package engine

import (
	"sync"

	"aion.dev/aion/catalog"
)

// worth remembers for which workflows it is worth making turns ahead. Code that always asks for the
// time, or computes for longer than Limits.Foresight, would cost twice what it costs: after each
// failure in a row twice as many turns are left to the visits.
type worth struct {
	mu    sync.Mutex // guards the field below
	kinds map[kindOfRun]*odds
}

type kindOfRun struct {
	version catalog.Version
	typ     string
}

type odds struct {
	failures uint   // in a row
	skip     uint64 // turns to leave to the visits
}

const (
	maxFailures = 10   // 1,023 turns are skipped then
	maxKinds    = 4096 // then all is forgotten
)

// tries reports whether to make a turn ahead.
func (w *worth) tries(k kindOfRun) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.kinds[k]
	if o == nil || o.skip == 0 {
		return true
	}
	o.skip--
	return false
}

// tried records whether a turn could be made ahead.
func (w *worth) tried(k kindOfRun, could bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if could {
		delete(w.kinds, k)
		return
	}
	if w.kinds == nil || len(w.kinds) >= maxKinds {
		w.kinds = make(map[kindOfRun]*odds)
	}
	o := w.kinds[k]
	if o == nil {
		o = new(odds)
		w.kinds[k] = o
	}
	o.failures = min(o.failures+1, maxFailures)
	o.skip = 1<<o.failures - 1
}
