package cluster

import (
	"context"

	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/port"
)

// Caller carries small questions and answers between nodes. *port.Port implements it on the node
// port; clustertest in memory.
type Caller interface {
	// Call asks a node, and nobody else who may be at its address, and returns its handler's
	// answer. An error before the question left this machine is an *engine.Unavailable; one after
	// that, the end of ctx included, is an *engine.Unknown, for the handler may have run.
	Call(ctx context.Context, to port.Server, name string, body []byte) ([]byte, error)
	// Handle names the handler of a kind of call. All are named before Serve.
	Handle(name string, h port.Handler)
}

var _ Caller = (*port.Port)(nil)

// Discovery suggests addresses. *gossip.Gossip implements it; clustertest gives a fixed list.
type Discovery interface {
	// Peers returns the nodes heard of, this one excluded; once this node belongs to a cluster,
	// none of others.
	Peers() []gossip.Peer
	// Others returns the addresses of cluster.join but this node's own.
	Others() []string
	// Changed is signalled after Peers changed. One signal may stand for several changes.
	Changed() <-chan struct{}
}

var _ Discovery = (*gossip.Gossip)(nil)

// Archives is what the cluster asks of the blob store: whether this node has what the state names.
type Archives interface {
	// Missing returns how many of the blobs that applied state names are not on this node's disk.
	Missing() int
}

var _ Archives = (*blobs.Blobs)(nil)
