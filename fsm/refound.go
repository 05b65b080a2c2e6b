package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
)

// Refound makes the state that of another cluster, which begins with it: it takes a new cluster id
// and forgets the nodes of the old cluster, those that were removed too, so that their ids are free
// again. Nodes of the old cluster cannot sign for the new one. Everything that callers see besides
// nodes stays, their tokens too.
//
// It is applied offline to the state of one node (a restored backup, or the survivor of a lost
// quorum), which then stands in a snapshot. It never stands in a log that nodes replicate, so that
// builds which do not know it can still join the new cluster, whatever its level.
type Refound struct {
	ClusterID string `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*Refound) Kind() Kind { return KindRefound }

func (c *Refound) apply(t *step) (Answer, Refusal) {
	switch {
	case c.ClusterID == "":
		return nil, &catalog.InvalidInput{Field: "cluster_id", Reason: "is empty"}
	case len(c.ClusterID) > maxNodeText:
		return nil, &catalog.InvalidInput{Field: "cluster_id", Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(c.ClusterID), maxNodeText)}
	case c.ClusterID == t.meta.ClusterID:
		return nil, &catalog.InvalidInput{Field: "cluster_id", Reason: "is that of the cluster whose state this is"}
	}
	for _, n := range t.s.nodes {
		t.deleteNode(n.ID)
		t.announce(feedMemberChanged, memberChanged{Node: n.ID, Change: "removed"})
	}
	t.forgetRemoved()
	t.forgetReadinessOfAll()
	t.forgetChecks()
	t.forgetLimitsOfNodes()
	t.forgetDemotedAll()
	t.forgetForwardKeys()
	t.meta.Nodes, t.meta.ClusterID = 0, c.ClusterID
	return new(Done), nil
}
