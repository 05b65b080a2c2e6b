package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// keepMembers looks after the members while this node leads: it makes non-voters voters once they have everything, and forgets the rows of nodes that
// have left the configuration.
func (c *Cluster) keepMembers(ctx context.Context) {
	r := c.raft.Load()
	// What a non-voter must have is what was there a round ago: under load every follower is a little behind what is there now.
	now := greeting{Applied: r.CommitIndex(), State: c.state.Applied()}
	for ctx.Err() == nil {
		want := now
		now = greeting{Applied: r.CommitIndex(), State: c.state.Applied()}
		for _, s := range r.GetConfiguration().Configuration().Servers {
			if s.Suffrage != raft.Nonvoter {
				continue
			}
			if err := c.promote(ctx, r, s, want); err != nil && ctx.Err() == nil {
				c.log.Debug("member stays a non-voter", "member", s.ID, "because", err)
			}
		}
		if err := c.forgetLeft(ctx, r); err != nil && ctx.Err() == nil {
			c.log.Debug("forgetting nodes that left", "error", err)
		}
		pause(ctx, c.cfg.Raft.MembersEvery)
	}
}

// promote makes a non-voter a voter if it is as far as want and holds every archive that its state names.
func (c *Cluster) promote(ctx context.Context, r *raft.Raft, s raft.Server, want greeting) error {
	g, err := c.hello(ctx, string(s.Address))
	switch {
	case err != nil:
		return err
	case g.ID != string(s.ID):
		return fmt.Errorf("at %s answers node %s", s.Address, g.ID)
	case g.Applied < want.Applied || g.State < want.State:
		return fmt.Errorf("it has %d of %d entries and a state at %d of %d", g.Applied, want.Applied, g.State, want.State)
	case g.Missing > 0:
		return fmt.Errorf("it lacks %d archives", g.Missing)
	}
	c.members.Lock()
	defer c.members.Unlock()
	return c.change(ctx, r, change{add: g.Server, voter: true})
}

// forgetLeft removes the rows of nodes that are in no configuration: a leader that removed one may have been lost before it removed the row.
func (c *Cluster) forgetLeft(ctx context.Context, r *raft.Raft) error {
	c.members.Lock()
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
		if _, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.RemoveNode{ID: id}}); err != nil {
			return err
		}
	}
	return nil
}

// UnknownNode refuses an operation on a node that is no member, or not one that can do it.
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

// member returns a server of the configuration.
func member(r *raft.Raft, id string) (raft.Server, error) {
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if string(s.ID) == id {
			return s, nil
		}
	}
	return raft.Server{}, &UnknownNode{id, "is no member of the cluster"}
}
