package runs

import (
	"sync"
	"time"
)

// Standstill is how long a healed cluster may make no progress before open runs count as stuck.
const Standstill = 60 * time.Second

// Patience ends when nothing has moved for Standstill. A shared machine may take long for thousands
// of runs, which is not the cluster's fault. One lost run is noticed as soon as the others have
// closed.
type Patience struct {
	mu   sync.Mutex // guards the fields below
	last time.Time
}

// NewPatience starts counting now.
func NewPatience() *Patience { return &Patience{last: time.Now()} }

// Moved records that a run has closed.
func (p *Patience) Moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// Left returns how long nothing may happen from now on; 0 means that patience is over.
func (p *Patience) Left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, Standstill-time.Since(p.last))
}
