package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// mayPushOut returns nil if a new node may push out the member with an id, and otherwise an error
// with the reason. The new node asks for admission at that member's address and was greeted there,
// so the member is not at its configured address.
//
// This is how an empty machine replaces a lost one at its address; the lost one's id then cannot be
// used again. But a network that swaps two machines' addresses looks the same, and there both are
// alive: neither must cost the other its id. So only a new node pushes a member out, only a member
// that answers nowhere, and only if the remaining voters keep a majority.
func (c *Cluster) mayPushOut(ctx context.Context, r *raft.Raft, id string, j joinRequest) error {
	if !j.Empty {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s: start both where they were, or remove %s first if it is gone for good", j.ID, j.Address, id, id)}
	}
	if at := c.answersElsewhere(ctx, id, j.Address); at != "" {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s, which is alive at %s: it has to get its place there first", j.ID, j.Address, id, at)}
	}
	if s, err := findMember(r, id); err == nil && s.Suffrage == raft.Voter {
		if err := c.keepsQuorum(ctx, r, id); err != nil {
			return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s, which cannot be removed now: %v", j.ID, j.Address, id, err)}
		}
	}
	return nil
}

// answersElsewhere returns an address other than but at which the node with an id answers, as far
// as gossip knows, or "".
func (c *Cluster) answersElsewhere(ctx context.Context, id, but string) string {
	if c.discovery == nil {
		return ""
	}
	for _, p := range c.discovery.Peers() {
		if p.ID != id || p.RaftAddress == "" || p.RaftAddress == but {
			continue
		}
		if g, err := c.hello(ctx, port.Server{ID: id, Address: p.RaftAddress}); err == nil && (g.ClusterID == "" || g.ClusterID == c.clusterID()) {
			return p.RaftAddress
		}
	}
	return ""
}
