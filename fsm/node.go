package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// AnnounceNode writes a node's row. Its first one in a cluster without an id also sets ClusterID.
type AnnounceNode struct {
	Node      rows.Node `cbor:"1,keyasint"`
	ClusterID string    `cbor:"2,keyasint,omitempty"` // minted before the log; the first one stays
}

// RemoveNode forgets a node that left the configuration.
type RemoveNode struct {
	ID string `cbor:"1,keyasint"`
	// Forever keeps the id as that of a removed node. Absent in entries of older binaries, which
	// forgot it.
	Forever bool `cbor:"2,keyasint,omitempty"`
}

// NodeRemoved refuses a node whose id was removed.
type NodeRemoved struct {
	ID    string `cbor:"1,keyasint"`
	Index uint64 `cbor:"2,keyasint"`
}

// Error implements error.
func (r *NodeRemoved) Error() string {
	return fmt.Sprintf("node %s was removed from the cluster at index %d, and no node comes back under its id: start with an empty data folder and another node.id, or none", r.ID, r.Index)
}

// Code implements Refusal.
func (r *NodeRemoved) Code() string { return "invalid_state" }

// Facts implements Refusal.
func (r *NodeRemoved) Facts() map[string]any {
	return map[string]any{"node": r.ID, "removed_index": r.Index}
}

// AnnounceLeader is the first command of a new leader: it tells the event stream.
type AnnounceLeader struct {
	Node string `cbor:"1,keyasint"`
	Term uint64 `cbor:"2,keyasint"`
}

// Done answers the commands that have nothing to say but their index.
type Done struct{}

// Kind implements Command.
func (*AnnounceNode) Kind() Kind   { return KindAnnounceNode }
func (*RemoveNode) Kind() Kind     { return KindRemoveNode }
func (*AnnounceLeader) Kind() Kind { return KindAnnounceLeader }
func (*Done) answer()              {}

// Limits of the node table.
const (
	maxNodes    = 1_000
	maxNodeText = 255 // bytes of an id, an address, a version
)

func (c *AnnounceNode) apply(t *step) (Answer, Refusal) {
	n := c.Node
	for _, f := range []struct{ name, text string }{
		{"id", n.ID}, {"raft_address", n.RaftAddress}, {"http_address", n.HTTPAddress}, {"version", n.Version}, {"cluster_id", c.ClusterID},
	} {
		if len(f.text) > maxNodeText {
			return nil, &catalog.InvalidInput{Field: f.name, Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(f.text), maxNodeText)}
		}
	}
	if n.ID == "" {
		return nil, &catalog.InvalidInput{Field: "id", Reason: "is empty"}
	}
	var gone rows.RemovedNode
	if t.Read(rows.TextKey(rows.FamilyRemoved, n.ID), &gone) {
		return nil, &NodeRemoved{n.ID, gone.Index}
	}
	var old rows.Node
	known := t.Read(rows.TextKey(rows.FamilyNode, n.ID), &old)
	if !known {
		if t.meta.Nodes >= maxNodes {
			return nil, &ResourceExhausted{What: "nodes", Limit: maxNodes}
		}
		t.meta.Nodes++
	}
	if t.meta.ClusterID == "" {
		t.meta.ClusterID = c.ClusterID
	}
	n.AnnouncedAt, n.Digest, n.DigestIndex = t.now, old.Digest, old.DigestIndex
	t.putNode(n)
	if !known || n.RaftAddress != old.RaftAddress || n.HTTPAddress != old.HTTPAddress || n.Version != old.Version {
		t.announce(feedMemberChanged, memberChanged{n.ID, "announced", n.RaftAddress, n.HTTPAddress, n.Version})
	}
	return new(Done), nil
}

func (c *RemoveNode) apply(t *step) (Answer, Refusal) {
	if k := rows.TextKey(rows.FamilyRemoved, c.ID); c.Forever && t.Get(k) == nil {
		t.Put(k, rows.Encoded(rows.RemovedNode{Index: t.index, At: t.now}))
	}
	if t.Get(rows.TextKey(rows.FamilyNode, c.ID)) == nil {
		return new(Done), nil
	}
	t.deleteNode(c.ID)
	t.forgetDemoted(c.ID)
	t.meta.Nodes--
	t.forgetLimitsOf(c.ID)
	t.forgetReadinessOf(c.ID)
	t.announce(feedMemberChanged, memberChanged{Node: c.ID, Change: "removed"})
	return new(Done), nil
}

func (c *AnnounceLeader) apply(t *step) (Answer, Refusal) {
	t.announce(feedLeaderChanged, leaderChanged{c.Node, c.Term})
	return new(Done), nil
}

// forgetRemoved makes the ids of removed nodes free again.
func (t *step) forgetRemoved() {
	t.DelRange(rows.Key(rows.FamilyRemoved), rows.Key(rows.FamilyRemoved+1))
}

// RemovedNode implements View.
func (p *picture) RemovedNode(id string) (r rows.RemovedNode, ok bool) {
	ok = p.row(p.Get(rows.TextKey(rows.FamilyRemoved, id)), &r)
	return r, ok
}

// RemovedNodes implements View.
func (p *picture) RemovedNodes() (ids []string) {
	family := rows.Key(rows.FamilyRemoved)
	p.Scan(family, rows.After(family), func(k, _ []byte) bool {
		ids = append(ids, string(k[len(family):]))
		return true
	})
	return ids
}
