package port

import (
	"fmt"

	"aion.dev/aion/engine"
)

// The calls that a node may make before it is a member.
const (
	CallHello   = "hello"   // who are you, and how far are you
	CallPromise = "promise" // found a cluster with these, and no other
	CallJoin    = "join"    // let me in
)

// MayCall answers why a node must not make a call, or nil. One that belongs to no cluster, or does
// not say whom it means, may get to know others and ask to be let in; nothing else.
func (i Introduction) MayCall(name string, own Introduction) error {
	switch {
	case name == CallHello:
		return nil
	case i.From == own.From && i.Instance != own.Instance:
		return &engine.Unavailable{Why: fmt.Sprintf("two processes run as node %s: one at %s, one at %s", i.From, i.Address, own.Address)}
	case i.To == "":
		return &engine.Unavailable{Why: fmt.Sprintf("%s of node %s does not say which node it means", name, i.From)}
	case name == CallPromise || name == CallJoin:
		return nil
	case i.moved:
		return &engine.Unavailable{Why: fmt.Sprintf("%s of node %s: its certificate proves %s, where the cluster does not have it", name, i.From, i.Address)}
	case i.Cluster == "" || i.Cluster != own.Cluster:
		return &engine.Unavailable{Why: fmt.Sprintf("%s of node %s: it belongs to cluster %q, node %s to %q", name, i.From, i.Cluster, own.From, own.Cluster)}
	}
	return nil
}
