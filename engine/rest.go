package engine

import (
	"context"
	"sync"

	"aion.dev/aion/fsm"
)

// Where one run is visited at a time (Limits.InFlight is 1), the order of turns follows from the
// log alone, and not from who is faster: the next visit begins when all runs are known that are
// ready, and who changes the state by Rest alone never finds a visit that is about to end. Tests of
// workflow code stand on that.

// changes tells those who wait for a change of what is visited.
type changes struct {
	mu   sync.Mutex
	next chan struct{} // closed at the next change
}

func (c *changes) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Rest waits until no run needs a turn and none is visited, and reports whether it had to wait. It
// needs a node that leads, or will.
func (e *Engine) Rest(ctx context.Context) (waited bool, err error) {
	for {
		change := e.visited.wait()
		if d := e.driver.Load(); d != nil && d.rests() {
			return waited, nil
		}
		waited = true
		select {
		case <-change:
		case <-ctx.Done():
			return waited, ctx.Err()
		}
	}
}

func (d *driver) rests() bool {
	var index uint64
	var ready []fsm.ReadyRun
	d.e.cfg.Log.View(func(v fsm.View) {
		index = v.Index()
		ready, _ = v.Ready(fsm.ReadyCursor{}, 1)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(ready) == 0 && d.read.Load() >= index && len(d.active) == 0
}

// readAll waits until run has read which runs are ready now, where one is visited at a time.
func (d *driver) readAll(ctx context.Context) {
	if cap(d.slots) > 1 {
		return
	}
	var now uint64
	d.e.cfg.Log.View(func(v fsm.View) { now = v.Index() })
	for {
		change := d.e.visited.wait()
		if d.read.Load() >= now {
			return
		}
		select {
		case <-change:
		case <-ctx.Done():
			return
		}
	}
}

// changed tells of a visit that has ended, or of an index that was read.
func (d *driver) changed() {
	if cap(d.slots) == 1 {
		d.e.visited.tell()
	}
}
