package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// StillAlive refuses to replace a node that answers.
type StillAlive struct{ Node string }

// Error implements error.
func (e *StillAlive) Error() string {
	return fmt.Sprintf("node %s is alive, and only a dead node is replaced: stop it for good first, or aion-node cluster remove it once another one votes", e.Node)
}

// Code implements fsm.Refusal.
func (e *StillAlive) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *StillAlive) Facts() map[string]any { return map[string]any{"node": e.Node} }

// Replace puts a node in the place of a dead one, on the leader, as far as that is possible now. It
// returns what it waits for, or "" once the new node votes and the old one is removed. It keeps
// nothing between two calls: whoever repeats it, on this leader or the next, goes on where it
// stood. A request is remembered once it is done, and no earlier.
//
// The new node votes before the old one goes. In the other order a cluster of three would have two
// voters meanwhile, and losing either of them, or the new one while it fetches the state, would end
// it.
func (c *Cluster) Replace(ctx context.Context, q *fsm.Request, old, next string) (waits string, a engine.Answered, err error) {
	if _, err := c.term(ctx); err != nil {
		return "", a, err
	}
	if err := c.Sync(ctx); err != nil {
		return "", a, err
	}
	_, gone := c.removed(old)
	if a, known, err := c.recall(q); err != nil || known && gone {
		return "", a, err
	}
	r := c.raft.Load()
	if gone, ok := c.removed(next); ok {
		return "", a, &fsm.NodeRemoved{ID: next, Index: gone.Index}
	}
	there, err := findMember(r, old)
	switch {
	case old == next:
		return "", a, &UnknownNode{old, "cannot take its own place: the new node needs an id of its own"}
	case err != nil && !gone:
		return "", a, err
	case err == nil && c.alive(ctx, there):
		return "", a, &StillAlive{old}
	}
	s, missing := findMember(r, next)
	switch {
	case missing != nil:
		return fmt.Sprintf("node %s has not joined yet: start it with an empty data folder and cluster.join", next), a, nil
	case s.Suffrage != raft.Voter:
		if _, err := c.Promote(ctx, nil, next); err != nil {
			if no, ok := err.(*CannotVote); ok {
				return fmt.Sprintf("node %s has joined, and does not vote yet: %s", next, no.Why), a, nil
			}
			return "", a, err
		}
	case next != c.id:
		if _, err := c.hello(ctx, port.Server{ID: next, Address: string(s.Address)}); err != nil {
			return "", a, &engine.Unavailable{Why: fmt.Sprintf("node %s votes, but does not answer now: %v", next, err)}
		}
	}
	a, err = c.Remove(ctx, q, old)
	return "", a, err
}

// alive reports whether a member answers at its place, or where gossip has heard of it. It asks
// several times, because a busy machine may be slow to answer, and because what follows cannot be
// undone.
func (c *Cluster) alive(ctx context.Context, s raft.Server) bool {
	if string(s.ID) == c.id {
		return true
	}
	for range 3 {
		if _, err := c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)}); err == nil {
			return true
		}
		lifecycle.Pause(ctx, retryEvery)
	}
	return c.answersElsewhere(ctx, string(s.ID), string(s.Address)) != ""
}
