package engine

import (
	"context"
	"sync"

	"aion.dev/aion/engine/desk"
)

// desks knows the desk of the term in which this node leads.
type desks struct {
	mu      sync.Mutex // guards what follows
	open    *desk.Desk // nil unless leading
	changed chan struct{}
}

func newDesks() *desks { return &desks{changed: make(chan struct{})} }

// set opens a desk for polls; nil closes it.
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

// desk returns the desk of this leader. One that has won but not begun to lead is waited for; a
// node that does not lead answers at once.
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
