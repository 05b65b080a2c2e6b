package cluster

import (
	"context"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/raft"
)

// Sync implements engine.Log.
func (c *Cluster) Sync(ctx context.Context) error {
	if err := c.closedError(); err != nil {
		return err
	}
	r := c.raft.Load()
	switch {
	case r == nil:
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	case r.State() != raft.Leader:
		return c.leaderless()
	}
	round, mine := c.reads.join()
	if mine && !c.startTracked(func() { c.reads.run(round, func() (uint64, error) { return c.readRound(r) }) }) {
		c.reads.run(round, func() (uint64, error) { return 0, port.ErrClosing })
	}
	select {
	case <-round.done:
		if round.err != nil {
			return round.err
		}
		switch err := c.WaitIndex(ctx, round.index); {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return tooLate(ctx, "this node was applying what had been committed")
		}
		return port.ErrClosing // only a closed state ends a wait before its context does
	case <-ctx.Done():
		return tooLate(ctx, "its read was being confirmed")
	}
}

// View implements engine.Log.
func (c *Cluster) View(f func(fsm.View)) { c.state.View(f) }

// Wait implements engine.Log.
func (c *Cluster) Wait(ctx context.Context, after uint64) (uint64, error) {
	return c.state.Wait(ctx, after)
}

// State returns the state machine behind the log, for tests and for callers that must read it
// whole. Only raft applies entries to it.
func (c *Cluster) State() *fsm.State { return c.state }

// WaitIndex returns once this node has applied index, or with ctx's error. Stale reads that must
// see an earlier write use it.
func (c *Cluster) WaitIndex(ctx context.Context, index uint64) error {
	if index == 0 {
		return nil
	}
	_, err := c.state.Wait(ctx, index-1)
	return err
}

// Now returns the log time that a new entry would be stamped with if this node leads, and otherwise
// the log time of the newest applied entry.
func (c *Cluster) Now() history.Time {
	if t, _ := c.lead.current(); t != nil {
		return t.clock.at(faults.Now())
	}
	var at history.Time
	c.state.View(func(v fsm.View) { at = v.Now() })
	return at
}
