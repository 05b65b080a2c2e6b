package port

import (
	"fmt"

	"aion.dev/aion/engine"
)

// These are the calls that a node may make before it is a member.
const (
	CallHello   = "hello"   // ask a node for its id and progress
	CallPromise = "promise" // promise to found a cluster with these nodes and no others
	CallJoin    = "join"    // ask for admission
)

// MayCall returns nil if a node may make a call, and otherwise an error with the reason. A node
// that belongs to no cluster, or does not name the node it means, may only greet others and ask to
// join.
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
