package cluster

import (
	"context"

	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/port"
)

// Caller carries small questions and answers between nodes. *port.Port implements it on the node
// port, clustertest in memory.
type Caller interface {
	// Call asks one particular node, never another one that may be at its address, and returns its
	// handler's answer. An error before the question left this machine is an *engine.Unavailable. A
	// later error, including the end of ctx, is an *engine.Unknown, because the handler may have
	// run.
	Call(ctx context.Context, to port.Server, name string, body []byte) ([]byte, error)
	// Handle registers the handler of a kind of call. All handlers are registered before Serve.
	Handle(name string, h port.Handler)
	// Gone reports whether no process answers at a node's address. False proves nothing.
	Gone(ctx context.Context, node port.Server) bool
}

var _ Caller = (*port.Port)(nil)

// Discovery suggests addresses. *gossip.Gossip implements it; clustertest gives a fixed list.
type Discovery interface {
	// Peers returns the nodes that were heard of, except this one. Once this node belongs to a
	// cluster, it leaves out nodes of other clusters.
	Peers() []gossip.Peer
	// Others returns the addresses of cluster.join except this node's own.
	Others() []string
	// Changed is signalled after Peers changed. One signal may stand for several changes.
	Changed() <-chan struct{}
}

var _ Discovery = (*gossip.Gossip)(nil)

// Archives is the cluster's view of the blob store: whether this node has the archives that the
// state names.
type Archives interface {
	// Missing returns how many of the blobs that applied state names are not on this node's disk.
	Missing() int
}

var _ Archives = (*blobs.Blobs)(nil)
