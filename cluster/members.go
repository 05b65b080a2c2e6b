package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// keepMembers maintains the members while this node leads: it promotes non-voters that have been up
// to date for a while, and removes the rows of nodes that have left the configuration.
func (c *Cluster) keepMembers(ctx context.Context) {
	r := c.raft.Load()
	// A non-voter must have what was committed one round ago. Under load every follower is a little
	// behind the current index.
	now := greeting{Applied: r.CommitIndex(), State: c.state.Applied()}
	ready := map[raft.ServerID]time.Time{} // since when a non-voter has been up to date in every round
	for ctx.Err() == nil {
		want := now
		now = greeting{Applied: r.CommitIndex(), State: c.state.Applied()}
		for _, s := range r.GetConfiguration().Configuration().Servers {
			if s.Suffrage != raft.Nonvoter || c.demoted(string(s.ID)) {
				delete(ready, s.ID)
				continue
			}
			since, ok := ready[s.ID]
			if !ok {
				since = time.Now()
			}
			ready[s.ID] = since
			if err := c.promote(ctx, r, s, want, since); err != nil && ctx.Err() == nil {
				if _, waits := err.(*tooSoon); !waits {
					delete(ready, s.ID)
				}
				c.log.Debug("member stays a non-voter", "member", s.ID, "because", err)
			}
		}
		if err := c.forgetLeft(ctx, r); err != nil && ctx.Err() == nil {
			c.log.Debug("forgetting nodes that left", "error", err)
		}
		lifecycle.Pause(ctx, c.cfg.Raft.MembersEvery)
	}
}

// tooSoon is the reason why an up-to-date node does not vote yet.
type tooSoon struct{ left time.Duration }

func (e *tooSoon) Error() string { return fmt.Sprintf("it votes in %v if it stays as it is", e.left) }

// mayBeVoter greets a non-voter, and returns an error with the reason if it must not vote yet: it
// has not reached want, or lacks archives that its state names.
func (c *Cluster) mayBeVoter(ctx context.Context, s raft.Server, want greeting) (greeting, error) {
	g, err := c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)})
	switch {
	case err != nil:
		return g, err
	case g.Applied < want.Applied || g.State < want.State:
		return g, fmt.Errorf("it has %d of %d entries and a state at %d of %d", g.Applied, want.Applied, g.State, want.State)
	case g.Missing > 0:
		return g, fmt.Errorf("it lacks %d archives", g.Missing)
	case g.Joining:
		return g, errors.New("it has not written down yet that it has joined, and gives no votes before")
	}
	return g, c.knowsLevel(g)
}

// promote makes a non-voter a voter if it may be one, and has been up to date for PromoteAfter. A
// new voter raises the size of a majority, so a node that comes and goes must not become one. A
// voter that only moved to another address does not wait: the cluster misses its vote.
func (c *Cluster) promote(ctx context.Context, r *raft.Raft, s raft.Server, want greeting, since time.Time) error {
	g, err := c.mayBeVoter(ctx, s, want)
	if err != nil {
		return err
	}
	if err := c.members.LockWithin(ctx); err != nil {
		return err
	}
	defer c.members.Unlock()
	if c.demoted(g.ID) { // meanwhile
		return errors.New("an operator has demoted it")
	}
	if left := c.cfg.Raft.PromoteAfter - time.Since(since); left > 0 && !c.moved[g.ID] {
		return &tooSoon{left}
	}
	if err := c.applyChange(ctx, r, change{add: g.Server, voter: true}); err != nil {
		return err
	}
	delete(c.moved, g.ID)
	return nil
}

// forgetLeft removes the rows of nodes that are in no configuration: a leader may have been lost
// between removing a node and removing its row.
func (c *Cluster) forgetLeft(ctx context.Context, r *raft.Raft) error {
	if err := c.members.LockWithin(ctx); err != nil {
		return err
	}
	defer c.members.Unlock()
	in := map[string]bool{}
	for _, s := range r.GetConfiguration().Configuration().Servers {
		in[string(s.ID)] = true
	}
	var left []string
	c.state.View(func(v fsm.View) {
		for _, n := range v.Nodes() {
			if !in[n.ID] {
				left = append(left, n.ID)
			}
		}
	})
	for _, id := range left {
		if _, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.RemoveNode{ID: id, Forever: true}}); err != nil {
			return err
		}
	}
	return nil
}

// UnknownNode refuses an operation on a node that is not a member, or not in a role that can do it.
type UnknownNode struct {
	ID  string
	Why string
}

// Error implements error.
func (e *UnknownNode) Error() string { return fmt.Sprintf("node %q %s", e.ID, e.Why) }

// Code implements fsm.Refusal.
func (e *UnknownNode) Code() string { return "not_found" }

// Facts implements fsm.Refusal.
func (e *UnknownNode) Facts() map[string]any { return map[string]any{"node": e.ID} }

// findMember returns a server of the configuration.
func findMember(r *raft.Raft, id string) (raft.Server, error) {
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if string(s.ID) == id {
			return s, nil
		}
	}
	return raft.Server{}, &UnknownNode{id, "is no member of the cluster"}
}
