package cluster

import (
	"context"
	"fmt"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lru"
)

// A drained node makes itself dispensable: it stands aside in elections, transfers leadership, and
// sends callers elsewhere. It still votes, stores entries, and serves requests that other nodes
// forward to it. The mark lives in the process only, so a restarted node takes part fully again.

// draining objects to leading while this node drains.
func (c *Cluster) draining() *objection {
	if !c.drained.Load() {
		return nil
	}
	return &objection{Why: "it is draining", Yields: true}
}

// SetDraining turns draining on or off. A leader that starts draining transfers leadership.
func (c *Cluster) SetDraining(on bool) {
	if c.drained.Swap(on) != on {
		c.log.Info("draining", "on", on)
	}
}

// drains are the newest requests that made this node drain or took that back. They are in memory,
// as the mark is: after a restart neither is there, and a request that comes again is a new one.
type drains struct {
	mu    sync.Mutex
	known *lru.Cache[drainKey, catalog.Digest] // prints
}

type drainKey struct{ owner, id string }

// maxDrains bounds the requests that a node remembers.
const maxDrains = 1_000

// first calls set, unless a request with q's key has done so before; nil = it has none.
func (d *drains) first(q *fsm.Request, set func()) (again bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if q != nil {
		key := drainKey{q.Owner, q.ID}
		if print, known := d.known.Get(key); known && print != q.Print {
			return false, &fsm.RequestMismatch{ID: q.ID}
		} else if known {
			return true, nil
		}
		d.known.Put(key, q.Print)
	}
	set()
	return false, nil
}

// Draining reports whether this node is draining.
func (c *Cluster) Draining() bool { return c.drained.Load() }

// Drain turns draining on or off for node, which may be this node or another member, once for a
// request; nil = it has no key. If it returns no error, a draining leader has transferred
// leadership, unless nobody else can lead: then it goes on leading until somebody can.
func (c *Cluster) Drain(ctx context.Context, q *fsm.Request, node string, on bool) (a engine.Answered, err error) {
	if node != "" && node != c.id {
		return c.drainOther(ctx, q, node, on)
	}
	if a.Deduplicated, err = c.drains.first(q, func() { c.SetDraining(on) }); err != nil || a.Deduplicated || !on || !c.IsLeader() {
		return a, err
	}
	switch _, err := c.Transfer(ctx, nil, ""); err.(type) {
	case nil, *engine.NotLeader: // transferred, or lost otherwise
	default: // keepStandingAside tries again
		c.log.Info("draining, and still leading", "because", err)
	}
	return a, nil
}

// drainOther forwards the operation to another member.
func (c *Cluster) drainOther(ctx context.Context, q *fsm.Request, node string, on bool) (a engine.Answered, err error) {
	r := c.raft.Load()
	if r == nil {
		return a, &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	s, err := findMember(r, node)
	if err != nil {
		return a, err
	}
	o := operation{Do: operateDrain, Node: node, Request: q}
	if !on {
		o.Do = operateUndrain
	}
	switch a, err = c.operateOn(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)}, o); err.(type) {
	case nil, fsm.Refusal:
		return a, err
	default:
		return a, &engine.Unavailable{Why: fmt.Sprintf("node %s should %s, but does not answer: %v", node, o.Do, err)}
	}
}
