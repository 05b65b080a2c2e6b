package transport

import (
	"cmp"
	"context"
	"time"

	"aion.dev/aion/transport/wire"
)

// Cluster is what transport asks of replication. All methods may be called by any goroutine; those
// without a context answer at once.
type Cluster interface {
	// IsLeader reports whether this node leads, as far as it knows.
	IsLeader() bool
	// Leader returns the leader's id and the address (host:port or URL) at which it serves HTTP; ok
	// is false while none is known.
	Leader() (id, httpAddress string, ok bool)
	// LeaderContact tells how long ago this node heard from the leader: 0 on the leader itself, ok
	// is false if it never did.
	LeaderContact() (ago time.Duration, ok bool)
	// Quorum returns why nobody can lead, while this node knows of no leader and finds no majority.
	Quorum() error
	// Ready returns nil when this node has a leader and has applied what was committed, else why
	// not.
	Ready() error
	// Status is how this node sees the cluster; it may ask the other members.
	Status(ctx context.Context) (wire.Cluster, error)
	// Transfer hands leadership to a node, empty = to whichever is most up to date. Leader only.
	Transfer(ctx context.Context, node string) error
	// Remove takes a node out of the configuration and the node table. Leader only.
	Remove(ctx context.Context, node string) error
	// Drain makes a node, empty = this one, stand aside and hand leadership on; or takes that back.
	Drain(ctx context.Context, node string, on bool) error
	// Draining reports whether this node drains.
	Draining() bool
}

// clusterInput takes what every read takes. However fresh it is asked to be, the answer is how this
// node sees the cluster, and it comes without a leader.
type clusterInput struct {
	Fresh
}

func (s *Server) cluster(ctx context.Context, in *clusterInput) (*answer[wire.Cluster], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	if rd.MinIndex > 0 {
		if _, _, _, err := s.cfg.QueueKeeper.Queues(ctx, rd, 1, ""); err != nil { // waits for the index
			return nil, err
		}
	}
	status, err := s.cfg.Cluster.Status(ctx)
	if err != nil {
		return nil, err
	}
	status.Members = list(status.Members)
	return &answer[wire.Cluster]{Index: status.AppliedIndex, LeaderContact: s.contact(rd), Body: status}, nil
}

type operateInput struct{}

func (s *Server) transfer(ctx context.Context, _ *operateInput) (*plain[wire.NodeAnswer], error) {
	return s.operate(ctx, func(node string) (string, error) { return node, s.cfg.Cluster.Transfer(ctx, node) })
}

func (s *Server) remove(ctx context.Context, _ *operateInput) (*plain[wire.NodeAnswer], error) {
	return s.operate(ctx, func(node string) (string, error) {
		if node == "" {
			return "", invalid("node", "is missing: name the node to remove")
		}
		return node, s.cfg.Cluster.Remove(ctx, node)
	})
}

func (s *Server) drain(ctx context.Context, _ *operateInput) (*plain[wire.NodeAnswer], error) {
	return s.setDraining(ctx, true)
}

func (s *Server) undrain(ctx context.Context, _ *operateInput) (*plain[wire.NodeAnswer], error) {
	return s.setDraining(ctx, false)
}

func (s *Server) setDraining(ctx context.Context, on bool) (*plain[wire.NodeAnswer], error) {
	return s.operate(ctx, func(node string) (string, error) {
		node = cmp.Or(node, s.cfg.Node)
		return node, s.cfg.Cluster.Drain(ctx, node, on)
	})
}

// operate answers with the node that the operation was about, as the operation tells.
func (s *Server) operate(ctx context.Context, operation func(node string) (string, error)) (*plain[wire.NodeAnswer], error) {
	var r wire.NodeRequest
	if err := exchangeOf(ctx).decode(&r, optional); err != nil {
		return nil, err
	}
	if len(r.Node) > 200 {
		return nil, invalid("node", "has %d bytes, the limit is 200", len(r.Node))
	}
	node, err := operation(r.Node)
	if err != nil {
		return nil, err
	}
	return &plain[wire.NodeAnswer]{Body: wire.NodeAnswer{Node: node}}, nil
}
