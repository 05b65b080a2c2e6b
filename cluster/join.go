package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// joinRequest asks the leader for a place in the configuration, or for a new address in it.
type joinRequest struct {
	port.Server
	Instance  string `json:"instance"`
	ClusterID string `json:"cluster_id,omitempty"`
	Empty     bool   `json:"empty"`
	Token     string `json:"token,omitempty"` // cluster.join_token
}

// joinAnswer is the leader's answer. A refusal is final: retrying does not help.
type joinAnswer struct {
	Refused string `json:"refused,omitempty"`
	Twin    bool   `json:"twin,omitempty"` // refused because another process runs under this node's id

	ClusterID string `json:"cluster_id,omitempty"`
	Index     uint64 `json:"index,omitempty"` // index of a configuration that contains the node
}

// ErrRefused is wrapped by the error of a node that the cluster does not admit.
var ErrRefused = errors.New("the cluster does not let this node in")

// askToJoin asks the leader to admit this node, and starts raft here if it does. It returns false
// if the node should try again.
func (c *Cluster) askToJoin(ctx context.Context, leader port.Server, empty bool) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	var a joinAnswer
	err := c.call(ctx, leader, port.CallJoin, joinRequest{Server: c.self(), Instance: c.instance, ClusterID: c.clusterID(), Empty: empty, Token: c.cfg.JoinToken}, &a)
	switch {
	case err != nil:
		c.logged.unanswered.Say(c.log.Info, "not let in yet", "leader", leader, "because", err)
		return false, nil
	case a.Twin:
		err := fmt.Errorf("%w: %s", ErrRefused, a.Refused)
		c.fail(err)
		return false, err
	case a.Refused != "":
		return false, fmt.Errorf("%w: %s", ErrRefused, a.Refused)
	case !empty:
		return true, nil
	}
	c.entered.Lock()
	defer c.entered.Unlock()
	admission := Admission{ClusterID: a.ClusterID, Index: a.Index}
	if err := c.promises.Admit(admission); err != nil {
		return false, err
	}
	c.admission.Store(&admission)
	if err := c.adoptClusterID(a.ClusterID); err != nil {
		return false, err
	}
	c.log.Info("joining the cluster", "leader", leader, "cluster", a.ClusterID)
	return true, c.start()
}

// joinWithin bounds one attempt to join: two configuration changes and a hello.
const joinWithin = 10 * time.Second

// change is one change of the configuration.
type change struct {
	remove string      // the id to remove
	demote string      // the id to turn from voter into non-voter
	add    port.Server // the node to add as a non-voter, or its new address
	voter  bool        // with add: add it as a voter
}

// planJoin decides which configuration changes admit a node. The leader has greeted the node at its
// address, so any other member configured at that address is gone.
//
// A voter that moves becomes a non-voter first, because raft treats it as another server from then
// on. The other voters alone commit the loss of its vote. A process that still believes to be that
// voter at the old address, because it was frozen or cut off, therefore finds no majority that does
// not know better.
func planJoin(servers []raft.Server, j joinRequest) (plan []change, refused string) {
	for _, s := range servers {
		id, address := string(s.ID), string(s.Address)
		switch {
		case id != j.ID && address == j.Address:
			plan = append(plan, change{remove: id})
		case id != j.ID:
		case j.Empty && s.Suffrage == raft.Voter:
			// The node may have voted and acknowledged entries that it no longer remembers. Raft
			// would count on both.
			return nil, fmt.Sprintf("node %s is a voter already, but the one that asks has an empty data folder: give it another node.id", j.ID)
		case address == j.Address:
			return nil, "" // already admitted at this address
		case s.Suffrage == raft.Voter:
			plan = append(plan, change{demote: id}, change{add: j.Server})
		default:
			plan = append(plan, change{add: j.Server})
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
func (c *Cluster) admit(ctx context.Context, from port.Introduction, j joinRequest) (a joinAnswer, err error) {
	defer func() {
		switch {
		case err != nil:
			c.logged.admitted.Say(c.log.Info, "a node is not let in yet", "asking", j.Server, "because", err)
		case a.Refused != "":
			c.logged.admitted.Say(c.log.Info, "a node is not let in", "asking", j.Server, "because", a.Refused)
		}
	}()
	if j.ID != from.From {
		return joinAnswer{Refused: fmt.Sprintf("node %s asks for node %s: a node asks for itself", from.From, j.ID)}, nil
	}
	if _, err := c.term(ctx); err != nil {
		return joinAnswer{}, err
	}
	// Only a barrier proves that this node still leads. A deposed leader could report a node as
	// removed that was admitted since.
	if err := c.Sync(ctx); err != nil {
		return joinAnswer{}, err
	}
	if own := c.clusterID(); j.ClusterID != "" && own != "" && j.ClusterID != own {
		return joinAnswer{Refused: fmt.Sprintf("node %s belongs to cluster %s, this is cluster %s", j.ID, j.ClusterID, own)}, nil
	}
	if gone, ok := c.removed(j.ID); ok {
		return joinAnswer{Refused: (&fsm.NodeRemoved{ID: j.ID, Index: gone.Index}).Error()}, nil
	}
	if why := c.mayEnter(from, j); why != "" {
		return joinAnswer{Refused: why}, nil
	}
	g, err := c.hello(ctx, j.Server)
	switch {
	case err != nil:
		return joinAnswer{}, &engine.Unavailable{Why: fmt.Sprintf("node %s cannot be reached at %s, the address that it gives: %v", j.ID, j.Address, err)}
	case g.Instance != j.Instance:
		return joinAnswer{Refused: fmt.Sprintf("another process with the id of node %[2]s answers at %[1]s, the address that the node gives", j.Address, j.ID), Twin: true}, nil
	}
	if err := c.knowsLevel(g); err != nil {
		return joinAnswer{}, &engine.Unavailable{Why: fmt.Sprintf("node %s: %v", j.ID, err)}
	}
	c.members.Lock()
	defer c.members.Unlock()
	r := c.raft.Load()
	servers := r.GetConfiguration().Configuration().Servers
	if s, err := findMember(r, j.ID); err == nil && string(s.Address) != j.Address {
		if why := c.answersAt(ctx, s, j); why != "" {
			c.log.Error("two processes run under one node id", "reason", why)
			return joinAnswer{Refused: why, Twin: true}, nil
		}
	}
	plan, refused := planJoin(servers, j)
	if refused != "" {
		return joinAnswer{Refused: refused}, nil
	}
	for _, ch := range plan {
		if ch.remove != "" {
			if err := c.mayPushOut(ctx, r, ch.remove, j); err != nil {
				return joinAnswer{}, err
			}
		}
		if ch.demote != "" { // the other voters have to agree without this one
			if err := c.keepsQuorum(ctx, r, ch.demote); err != nil {
				return joinAnswer{}, &engine.Unavailable{Why: fmt.Sprintf("node %s cannot move now: %v", j.ID, err)}
			}
		}
		if err := c.applyChange(ctx, r, ch); err != nil {
			return joinAnswer{}, err
		}
		if ch.demote != "" {
			c.moved[ch.demote] = true
		}
	}
	return joinAnswer{ClusterID: c.clusterID(), Index: r.GetConfiguration().Index()}, nil
}

// removed looks up whether an id belonged to a node that was removed, so that it cannot be used
// again.
func (c *Cluster) removed(id string) (gone rows.RemovedNode, ok bool) {
	c.state.View(func(v fsm.View) { gone, ok = v.RemovedNode(id) })
	return gone, ok
}

// answersAt returns a reason if a process that asks from another address must not take a member's
// place: another process with its id answers at the member's address. It asks several times,
// because a busy machine may be slow to answer.
func (c *Cluster) answersAt(ctx context.Context, s raft.Server, j joinRequest) string {
	for range 3 {
		g, err := c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)})
		switch {
		case err != nil:
			lifecycle.Pause(ctx, retryEvery)
		case g.Instance == j.Instance: // one process that is reachable at both addresses
			return ""
		default:
			return fmt.Sprintf("node %s is alive at %s, and another process asks for its place from %s: one of the two is a copy; stop it, or give it an empty data folder and an id of its own", j.ID, s.Address, j.Address)
		}
	}
	return ""
}

// applyChange makes one configuration change and waits until it is committed. The caller holds
// c.members.
func (c *Cluster) applyChange(ctx context.Context, r *raft.Raft, ch change) error {
	index := r.GetConfiguration().Index() // raft refuses the change if another one came first
	var f raft.IndexFuture
	switch {
	case ch.remove != "":
		c.log.Info("removing a member", "member", ch.remove)
		f = r.RemoveServer(raft.ServerID(ch.remove), index, changeWithin)
	case ch.demote != "":
		c.log.Info("making a voter a non-voter", "member", ch.demote)
		f = r.DemoteVoter(raft.ServerID(ch.demote), index, changeWithin)
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
		if ch.add.ID != "" {
			c.link.CloseOthers(raft.ServerID(ch.add.ID), raft.ServerAddress(ch.add.Address))
		}
		return nil
	}
	// The node is out of the configuration. If its row stays, forgetLeft removes it later.
	if _, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.RemoveNode{ID: ch.remove, Forever: true}}); err != nil {
		c.log.Info("a node that was removed keeps its row for a while", "member", ch.remove, "because", err)
	}
	return nil
}

// changeWithin bounds how long a configuration change waits for the one before it.
const changeWithin = 5 * time.Second
