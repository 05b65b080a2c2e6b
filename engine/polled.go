package engine

import (
	"sync"
	"time"
)

// polled is which activities workers have polled for, as this leader has seen it. Another leader
// begins to learn it anew.
type polled struct {
	mu    sync.RWMutex         // guards the fields below
	since time.Time            // since when polls are noted; zero = this node does not lead
	at    map[string]time.Time // by activity, when it was last polled for, within polledGrain
}

const (
	polledWithin = time.Hour   // how long a poll counts
	polledGrain  = time.Minute // a poll is noted again after this: polls are frequent
	polledNames  = 10_000      // activities that are noted, of which there may be any number
)

// begin forgets what an earlier term has seen; zero = the term is over.
func (p *polled) begin(since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since, p.at = since, map[string]time.Time{}
}

// note records a poll.
func (p *polled) note(activities []string, now time.Time) {
	p.mu.RLock()
	stale := false
	for _, name := range activities {
		stale = stale || now.Sub(p.at[name]) > polledGrain
	}
	p.mu.RUnlock()
	if !stale {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		return
	}
	if len(p.at)+len(activities) > polledNames {
		for name, at := range p.at {
			if now.Sub(at) > polledWithin {
				delete(p.at, name)
			}
		}
	}
	for _, name := range activities {
		if _, known := p.at[name]; known || len(p.at) < polledNames {
			p.at[name] = now
		}
	}
}

// missing returns those of activities that nobody has polled for within the last hour, and since
// when that is known.
func (p *polled) missing(activities []string, now time.Time) (names []string, since time.Time) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, name := range activities {
		if at, ok := p.at[name]; !ok || now.Sub(at) > polledWithin {
			names = append(names, name)
		}
	}
	return names, p.since
}
