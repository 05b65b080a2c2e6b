package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// SetVote says whether the cluster may make a node a voter by itself. Who votes is in raft's
// configuration; this is what an operator wants. Refused: invalid_input. Level 3.
type SetVote struct {
	Node    string `cbor:"1,keyasint"`
	Demoted bool   `cbor:"2,keyasint,omitempty"`
}

// Kind implements Command.
func (*SetVote) Kind() Kind { return KindSetVote }

func (c *SetVote) apply(t *step) (Answer, Refusal) {
	k := rows.DemotedKey(c.Node)
	switch known := t.Get(k) != nil; {
	case !c.Demoted && known:
		t.Del(k)
	case c.Demoted && t.Get(rows.TextKey(rows.FamilyNode, c.Node)) == nil:
		return nil, &catalog.InvalidInput{Field: "node", Reason: "is not in the node table"}
	case c.Demoted && !known:
		t.Put(k, rows.Encoded(rows.DemotedNode{Index: t.index, At: t.now}))
	}
	return new(Done), nil
}

// forgetDemoted drops what was wanted of a node that is removed.
func (t *step) forgetDemoted(node string) {
	if k := rows.DemotedKey(node); t.Get(k) != nil {
		t.Del(k)
	}
}

// forgetDemotedAll drops what was wanted of all nodes.
func (t *step) forgetDemotedAll() {
	t.DelRange(rows.DemotedKey(""), rows.After(rows.DemotedKey("")))
}

// Demoted implements View.
func (p *picture) Demoted(id string) bool { return p.Get(rows.DemotedKey(id)) != nil }
