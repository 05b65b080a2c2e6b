package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// mayPushOut answers why the member with an id keeps its place, or nil. A node asks to be let in at
// that member's address, and was met there: so the member is not where the configuration has it.
//
// That is how a lost machine is replaced by an empty one at its address, whose id is then used up.
// But a network that gives two machines each other's addresses looks the same, and there both are
// alive: neither may cost the other its id. So only a newcomer pushes a member out, only one that
// answers nowhere, and only where the rest keeps a majority.
func (c *Cluster) mayPushOut(ctx context.Context, r *raft.Raft, id string, j joinRequest) error {
	if !j.Empty {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s: start both where they were, or remove %s first if it is gone for good", j.ID, j.Address, id, id)}
	}
	if at := c.answersElsewhere(ctx, id, j.Address); at != "" {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s, which is alive at %s: it has to get its place there first", j.ID, j.Address, id, at)}
	}
	if s, err := member(r, id); err == nil && s.Suffrage == raft.Voter {
		if err := c.keepsQuorum(ctx, r, id); err != nil {
			return &engine.Unavailable{Why: fmt.Sprintf("node %s comes up at %s, where the cluster has node %s, which cannot be removed now: %v", j.ID, j.Address, id, err)}
		}
	}
	return nil
}

// answersElsewhere returns where a node with an id answers, as far as gossip knows, but at an
// address; empty: nowhere.
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
