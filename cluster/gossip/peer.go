package gossip

// Peer is what gossip knows about a node. Nothing in it is certain.
type Peer struct {
	ID          string
	RaftAddress string
	HTTPAddress string
	ClusterID   string // empty while the node belongs to no cluster
	Status      string // alive, suspect or left
	Named       string // the address in cluster.join that led to it; empty if none did

	gossip string // where its gossip is
}
