package runs

import (
	"sync"
	"time"
)

// Standstill is how long a healed cluster may stand still before what is open counts as stuck.
const Standstill = 60 * time.Second

// Patience ends when nothing has moved for Standstill. A machine that is shared may take long
// for thousands of runs, and that is no fault of the cluster's; one lost run is noticed as soon as
// the others have closed.
type Patience struct {
	mu   sync.Mutex // guards what follows
	last time.Time
}

// NewPatience counts from now on.
func NewPatience() *Patience { return &Patience{last: time.Now()} }

// Moved says that a run has closed.
func (p *Patience) Moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// Left is how long nothing may happen from now on; 0: it is over.
func (p *Patience) Left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, Standstill-time.Since(p.last))
}
