package engine

import (
	"context"
	"sync"

	"aion.dev/aion/engine/desk"
)

// desks holds the desk of the current term, while this node leads.
type desks struct {
	mu      sync.Mutex // guards the fields below
	open    *desk.Desk // nil unless leading
	changed chan struct{}
}

func newDesks() *desks { return &desks{changed: make(chan struct{})} }

// set opens a desk for polls, or closes the current one if d is nil.
func (ds *desks) set(d *desk.Desk) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.open = d
	close(ds.changed)
	ds.changed = make(chan struct{})
}

func (ds *desks) get() (*desk.Desk, <-chan struct{}) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.open, ds.changed
}

// desk returns the desk of this leader. If this node has won the election but not begun to lead,
// desk waits; if it does not lead, desk returns at once.
func (e *Engine) desk(ctx context.Context) (*desk.Desk, error) {
	for {
		d, changed := e.desks.get()
		if d != nil && d.Term().Err() == nil {
			return d, nil
		}
		if err := e.cfg.Log.Sync(ctx); err != nil {
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
