package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
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

// Draining reports whether this node is draining.
func (c *Cluster) Draining() bool { return c.drained.Load() }

// Drain turns draining on or off for node, which may be this node or another member. If it returns
// nil, a draining leader has transferred leadership, unless nobody else can lead: then it goes on
// leading until somebody can.
func (c *Cluster) Drain(ctx context.Context, node string, on bool) error {
	if node != "" && node != c.id {
		return c.drainOther(ctx, node, on)
	}
	c.SetDraining(on)
	if !on || !c.IsLeader() {
		return nil
	}
	switch _, err := c.Transfer(ctx, nil, ""); err.(type) {
	case nil, *engine.NotLeader: // transferred, or lost otherwise
	default: // keepStandingAside tries again
		c.log.Info("draining, and still leading", "because", err)
	}
	return nil
}

// drainOther forwards the operation to another member.
func (c *Cluster) drainOther(ctx context.Context, node string, on bool) error {
	r := c.raft.Load()
	if r == nil {
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	s, err := findMember(r, node)
	if err != nil {
		return err
	}
	o := operation{Do: operateDrain, Node: node}
	if !on {
		o.Do = operateUndrain
	}
	switch _, err := c.operateOn(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)}, o); err.(type) {
	case nil, fsm.Refusal:
		return err
	default:
		return &engine.Unavailable{Why: fmt.Sprintf("node %s should %s, but does not answer: %v", node, o.Do, err)}
	}
}
