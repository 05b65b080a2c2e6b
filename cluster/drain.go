package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// A node that is drained is one that nobody needs: it stands aside in elections, hands leadership
// on, and callers are sent elsewhere. It goes on voting, keeping entries, and serving what others
// pass on to it. The mark is the process's, so a node that was restarted takes part again.

// draining is the objection of a node that was told to drain.
func (c *Cluster) draining() *objection {
	if !c.drained.Load() {
		return nil
	}
	return &objection{Why: "it is draining", Yields: true}
}

// SetDraining makes this node stand aside and, when it leads, hand leadership on; or takes that
// back.
func (c *Cluster) SetDraining(on bool) {
	if c.drained.Swap(on) != on {
		c.log.Info("draining", "on", on)
	}
}

// Draining reports whether this node was told to drain.
func (c *Cluster) Draining() bool { return c.drained.Load() }

// Drain makes node, this one or another member, drain; or takes that back. A leader has handed
// leadership on when it returns without an error, unless nobody else can lead: then it goes on
// leading, until somebody can.
func (c *Cluster) Drain(ctx context.Context, node string, on bool) error {
	if node != "" && node != c.id {
		return c.drainOther(ctx, node, on)
	}
	c.SetDraining(on)
	if !on || !c.IsLeader() {
		return nil
	}
	switch err := c.Transfer(ctx, ""); err.(type) {
	case nil, *engine.NotLeader: // done, or lost otherwise
	default: // keepStandingAside tries again
		c.log.Info("draining, and still leading", "because", err)
	}
	return nil
}

// drainOther passes the operation on to a member.
func (c *Cluster) drainOther(ctx context.Context, node string, on bool) error {
	r := c.raft.Load()
	if r == nil {
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	s, err := member(r, node)
	if err != nil {
		return err
	}
	o := operation{Do: operateDrain, Node: node}
	if !on {
		o.Do = operateUndrain
	}
	switch err := c.operateOn(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)}, o); err.(type) {
	case nil, fsm.Refusal:
		return err
	default:
		return &engine.Unavailable{Why: fmt.Sprintf("node %s, which is to %s, does not answer: %v", node, o.Do, err)}
	}
}
