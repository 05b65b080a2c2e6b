package cluster

import (
	"context"
	"sync"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/raft"
)

// barriers shares barriers among the readers of one node: at most one is in flight, and one more
// gathers those that came after it was sent. A barrier is an entry of the log, so a deposed leader
// cannot pass it. raft's VerifyLeader is cheaper and wrong in v1.8.0: it counts non-voters and
// heartbeats sent before the question, and let a deposed leader serve a stale read.
type barriers struct {
	mu     sync.Mutex
	flying bool
	next   *round // not sent yet; nil when nobody waits
}

// round is one barrier and those who wait for it.
type round struct {
	done chan struct{}
	err  error // set before done is closed
}

// join returns a barrier that will be sent after this call. The first of those who join one when
// none is in flight gets mine and has to send it.
func (b *barriers) join() (r *round, mine bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = &round{done: make(chan struct{})}
	}
	r = b.next
	if !b.flying {
		b.flying, b.next, mine = true, nil, true
	}
	return r, mine
}

// send sends r, and then, as long as somebody gathers, the next one.
func (b *barriers) send(r *round, barrier func() error) {
	for r != nil {
		r.err = barrier()
		close(r.done)
		b.mu.Lock()
		r = b.next
		b.flying, b.next = r != nil, nil
		b.mu.Unlock()
	}
}

// Sync implements engine.Log.
func (c *Cluster) Sync(ctx context.Context) error {
	if err := c.refuse(); err != nil {
		return err
	}
	r := c.raft.Load()
	switch {
	case r == nil:
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	case r.State() != raft.Leader:
		return c.leaderless()
	}
	round, mine := c.barriers.join()
	if mine && !c.goes(func() { c.barriers.send(round, func() error { return c.barrier(r) }) }) {
		c.barriers.send(round, func() error { return port.ErrClosing })
	}
	select {
	case <-round.done:
		return round.err
	case <-ctx.Done():
		return tooLate(ctx, "its barrier was in the log")
	}
}

// barrier waits until this node's state has everything that was committed before the call.
func (c *Cluster) barrier(r *raft.Raft) error {
	return readError(r.Barrier(0).Error(), c.leaderElsewhere())
}

// View implements engine.Log.
func (c *Cluster) View(f func(fsm.View)) { c.state.View(f) }

// Wait implements engine.Log.
func (c *Cluster) Wait(ctx context.Context, after uint64) (uint64, error) {
	return c.state.Wait(ctx, after)
}

// State returns the state machine behind the log, for tests and for what must look at it whole.
// Nobody but raft applies to it.
func (c *Cluster) State() *fsm.State { return c.state }

// WaitIndex returns once this node has applied index, or ctx's error: a stale read that must see an
// earlier write.
func (c *Cluster) WaitIndex(ctx context.Context, index uint64) error {
	if index == 0 {
		return nil
	}
	_, err := c.state.Wait(ctx, index-1)
	return err
}

// Now returns the log time that an entry would be stamped with if this node leads, and otherwise
// that of the newest applied entry.
func (c *Cluster) Now() history.Time {
	if t, _ := c.lead.current(); t != nil {
		return t.clock.at(faults.Now())
	}
	var at history.Time
	c.state.View(func(v fsm.View) { at = v.Now() })
	return at
}
