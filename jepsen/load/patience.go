package load

import (
	"sync"
	"time"
)

// patienceOfRuns is how long a healed cluster may stand still before what is open counts as stuck.
const patienceOfRuns = 60 * time.Second

// patience ends when nothing has moved for patienceOfRuns. A machine that is shared may take long
// for thousands of runs, and that is no fault of the cluster's; one lost run is noticed as soon as
// the others have closed.
type patience struct {
	mu   sync.Mutex // guards what follows
	last time.Time
}

func newPatience() *patience { return &patience{last: time.Now()} }

// moved says that a run has closed.
func (p *patience) moved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// left is how long nothing may happen from now on; 0: it is over.
func (p *patience) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, patienceOfRuns-time.Since(p.last))
}
