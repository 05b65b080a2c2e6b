package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// CannotVote refuses to make a node a voter now.
type CannotVote struct {
	Node string
	Why  string
}

// Error implements error.
func (e *CannotVote) Error() string {
	return fmt.Sprintf("node %s cannot become a voter now: %s", e.Node, e.Why)
}

// Code implements fsm.Refusal.
func (e *CannotVote) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *CannotVote) Facts() map[string]any { return map[string]any{"node": e.Node} }

// demoted reports whether an operator made a node a non-voter. The leader gives it no vote until an
// operator promotes it.
func (c *Cluster) demoted(id string) (yes bool) {
	c.state.View(func(v fsm.View) { yes = v.Demoted(id) })
	return yes
}

// atLevel returns nil once the state is at a level, and otherwise whom that waits for.
func (c *Cluster) atLevel(level uint64) error {
	if now := c.level(); now < level {
		return &engine.Unavailable{Why: fmt.Sprintf("the cluster is being upgraded: it is at level %d, and this needs level %d; it waits for %v", now, level, c.Behind())}
	}
	return nil
}

// Demote makes a voter a non-voter that stays one, on the leader. It is refused if the other voters
// have no majority that answers now. A leader that demotes itself transfers leadership first, and
// the next leader does it. Demoting a node again is a success. A request that is known does nothing
// once the node was promoted again.
//
// What the operator wants is in the log before the configuration changes: another leader must not
// give the vote back. If that leader is lost in between, the node still votes; see FindingsOf.
func (c *Cluster) Demote(ctx context.Context, q *fsm.Request, node string) (a engine.Answered, err error) {
	if _, err := c.term(ctx); err != nil {
		return a, err
	}
	if err := c.atLevel(levelOfMembership); err != nil {
		return a, err
	}
	a, known, err := c.recall(q)
	if err != nil || known && !c.demoted(node) {
		return a, err
	}
	if node == c.id {
		return c.changeSelf(ctx, q, operateDemote, "is being demoted")
	}
	c.members.Lock()
	defer c.members.Unlock()
	r := c.raft.Load()
	s, err := findMember(r, node)
	if err != nil {
		return a, err
	}
	if s.Suffrage == raft.Voter {
		if err := c.keepsQuorum(ctx, r, node); err != nil {
			return a, err
		}
	}
	a, err = answeredWith(c.proposeMember(ctx, q, &fsm.SetVote{Node: node, Demoted: true}))
	if err != nil || s.Suffrage != raft.Voter || !c.demoted(node) {
		return a, err
	}
	return a, c.applyChange(ctx, r, change{demote: node})
}

// Promote makes a non-voter a voter at once, on the leader, and takes a demotion back. It is
// refused while the node does not answer or lacks entries or archives: its vote would raise the
// majority, and not help to reach it. Promoting a voter is a success. A request that is known does
// nothing once the node was demoted again.
func (c *Cluster) Promote(ctx context.Context, q *fsm.Request, node string) (a engine.Answered, err error) {
	if _, err := c.term(ctx); err != nil {
		return a, err
	}
	r := c.raft.Load()
	a, known, err := c.recall(q)
	if err != nil || known && c.demoted(node) {
		return a, err
	}
	s, err := findMember(r, node)
	if err != nil {
		if known { // it was removed since
			err = nil
		}
		return a, err
	}
	var g greeting
	if s.Suffrage != raft.Voter {
		if g, err = c.reaches(ctx, s, greeting{Applied: r.CommitIndex(), State: c.state.Applied()}); err != nil {
			return a, &CannotVote{node, err.Error()}
		}
	}
	c.members.Lock()
	defer c.members.Unlock()
	if c.demoted(node) || c.remembers(q) != nil {
		a, err = answeredWith(c.proposeMember(ctx, q, &fsm.SetVote{Node: node}))
	}
	if err != nil || s.Suffrage == raft.Voter || c.demoted(node) {
		return a, err
	}
	if err := c.applyChange(ctx, r, change{add: g.Server, voter: true}); err != nil {
		return a, err
	}
	delete(c.moved, node)
	return a, nil
}

// reaches asks a non-voter until it may be a voter, for a moment: under load every follower is a
// little behind what was committed when it was first asked.
func (c *Cluster) reaches(ctx context.Context, s raft.Server, want greeting) (g greeting, err error) {
	for range 10 {
		if g, err = c.mayBeVoter(ctx, s, want); err == nil || ctx.Err() != nil {
			break
		}
		lifecycle.Pause(ctx, retryEvery)
	}
	return g, err
}
