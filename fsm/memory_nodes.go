package fsm

import (
	"slices"
	"strings"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// nodes is the node table in memory, in the order of ids: every call that is passed on to the
// leader looks for its address, and every turn made ahead asks whether all run one build. A list is
// never changed, so pictures and their readers share it.
type nodes []rows.Node

func loadNodes(from store.Reader) (all nodes, err error) {
	err = store.Each(from, rows.FamilyNode, func(_ []byte, n rows.Node) { all = append(all, n) })
	return all, err
}

func (all nodes) find(id string) (at int, known bool) {
	return slices.BinarySearchFunc(all, id, func(n rows.Node, id string) int { return strings.Compare(n.ID, id) })
}

// putNode stores a row of the node table.
func (t *step) putNode(n rows.Node) {
	t.Put(rows.TextKey(rows.FamilyNode, n.ID), rows.Encoded(n))
	at, known := t.s.nodes.find(n.ID)
	next := slices.Clone(t.s.nodes)
	if known {
		next[at] = n
	} else {
		next = slices.Insert(next, at, n)
	}
	t.s.nodes = next
}

// deleteNode removes a row of the node table.
func (t *step) deleteNode(id string) {
	t.Del(rows.TextKey(rows.FamilyNode, id))
	if at, known := t.s.nodes.find(id); known {
		t.s.nodes = slices.Delete(slices.Clone(t.s.nodes), at, at+1)
	}
}

// Nodes implements View.
func (p *picture) Nodes() []rows.Node { return p.nodes }
