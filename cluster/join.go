package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// joinRequest asks the leader for a place in the configuration, or for a new address there.
type joinRequest struct {
	Server
	ClusterID string `json:"cluster_id,omitempty"`
	Empty     bool   `json:"empty"`
}

// joinAnswer says how it ended. A refusal is final: trying again does not help.
type joinAnswer struct {
	Refused string `json:"refused,omitempty"`
}

// ErrRefused is wrapped by the error of a node that the cluster does not let in.
var ErrRefused = errors.New("the cluster does not let this node in")

// askToJoin asks the leader at address to let this node in, and starts raft here when it does. It answers false when it is worth trying again.
func (c *Cluster) askToJoin(ctx context.Context, address string, empty bool) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	var a joinAnswer
	err := c.call(ctx, address, callJoin, joinRequest{Server: c.self(), ClusterID: c.clusterID(), Empty: empty}, &a)
	switch {
	case err != nil:
		c.said.unanswered.say(c.log.Info, "not let in yet", "leader", address, "because", err)
		return false, nil
	case a.Refused != "":
		return false, fmt.Errorf("%w: %s", ErrRefused, a.Refused)
	case !empty:
		return true, nil
	}
	c.entered.Lock()
	defer c.entered.Unlock()
	c.log.Info("joining the cluster", "leader", address)
	return true, c.start()
}

// joinWithin bounds one try to join: two changes of the configuration and a hello.
const joinWithin = 10 * time.Second

// change is one change of the configuration.
type change struct {
	remove string // this id
	add    Server // this node as a non-voter, or an address that changed
	voter  bool   // as a voter, with add
}

// planJoin decides what the configuration needs for a node that asks to be in it. The asking node was greeted at its address, so whoever else the
// configuration has there is gone.
func planJoin(servers []raft.Server, j joinRequest) (plan []change, refused string) {
	for _, s := range servers {
		id, address := string(s.ID), string(s.Address)
		switch {
		case id != j.ID && address == j.Address:
			plan = append(plan, change{remove: id})
		case id != j.ID:
		case j.Empty && s.Suffrage == raft.Voter:
			// It may have voted, and acknowledged entries, that it does not remember: raft would count on both.
			return nil, fmt.Sprintf("node %s is a voter already, but the one that asks has an empty data folder: give it another node.id, or remove the voter first", j.ID)
		case address != j.Address:
			plan = append(plan, change{add: j.Server, voter: s.Suffrage == raft.Voter})
		default:
			return nil, "" // in, as it is
		}
	}
	for _, c := range plan {
		if c.add == j.Server {
			return plan, ""
		}
	}
	if !j.Empty {
		return nil, fmt.Sprintf("node %s was removed from the cluster: to join again, remove its data folder", j.ID)
	}
	return append(plan, change{add: j.Server}), ""
}

// admit answers a node that asks to join. It runs on the leader.
func (c *Cluster) admit(ctx context.Context, j joinRequest) (a joinAnswer, err error) {
	defer func() {
		switch {
		case err != nil:
			c.said.admitted.say(c.log.Info, "a node is not let in yet", "asking", j.Server, "because", err)
		case a.Refused != "":
			c.said.admitted.say(c.log.Info, "a node is not let in", "asking", j.Server, "because", a.Refused)
		}
	}()
	if _, err := c.term(ctx); err != nil {
		return joinAnswer{}, err
	}
	// Only a barrier proves that this node still leads: a deposed leader would call a node removed that has just been let in.
	if err := c.Sync(ctx); err != nil {
		return joinAnswer{}, err
	}
	if own := c.clusterID(); j.ClusterID != "" && own != "" && j.ClusterID != own {
		return joinAnswer{Refused: fmt.Sprintf("node %s belongs to cluster %s, this is cluster %s", j.ID, j.ClusterID, own)}, nil
	}
	switch g, err := c.hello(ctx, j.Address); {
	case err != nil:
		return joinAnswer{}, &engine.Unavailable{Why: fmt.Sprintf("node %s is not reached at %s, the address that it gives: %v", j.ID, j.Address, err)}
	case g.ID != j.ID:
		return joinAnswer{Refused: fmt.Sprintf("at %s, the address that node %s gives, answers node %s", j.Address, j.ID, g.ID)}, nil
	}
	c.members.Lock()
	defer c.members.Unlock()
	r := c.raft.Load()
	conf := r.GetConfiguration()
	plan, refused := planJoin(conf.Configuration().Servers, j)
	if refused != "" {
		return joinAnswer{Refused: refused}, nil
	}
	for _, ch := range plan {
		if err := c.change(ctx, r, ch); err != nil {
			return joinAnswer{}, err
		}
	}
	return joinAnswer{}, nil
}

// change makes one change of the configuration and waits until it is committed; c.members is held.
func (c *Cluster) change(ctx context.Context, r *raft.Raft, ch change) error {
	index := r.GetConfiguration().Index() // refuses a change that another one has overtaken
	var f raft.IndexFuture
	switch {
	case ch.remove != "":
		c.log.Info("removing a member", "member", ch.remove)
		f = r.RemoveServer(raft.ServerID(ch.remove), index, changeWithin)
	case ch.voter:
		c.log.Info("making a member a voter", "member", ch.add)
		f = r.AddVoter(raft.ServerID(ch.add.ID), raft.ServerAddress(ch.add.Address), index, changeWithin)
	default:
		c.log.Info("adding a member", "member", ch.add)
		f = r.AddNonvoter(raft.ServerID(ch.add.ID), raft.ServerAddress(ch.add.Address), index, changeWithin)
	}
	if err := f.Error(); err != nil {
		return changeError(err, c.leaderElsewhere())
	}
	if ch.remove == "" {
		return nil
	}
	// It is out. Where its row stays now, forgetLeft takes it later.
	if _, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.RemoveNode{ID: ch.remove}}); err != nil {
		c.log.Info("a node that was removed keeps its row for a while", "member", ch.remove, "because", err)
	}
	return nil
}

// changeWithin bounds how long a change of the configuration waits for the one before it.
const changeWithin = 5 * time.Second
