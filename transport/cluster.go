package transport

import (
	"cmp"
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// Cluster is what transport needs from replication. Any goroutine may call any method; methods
// without a context return at once.
type Cluster interface {
	// IsLeader reports whether this node leads, as far as it knows.
	IsLeader() bool
	// Leader returns the leader's id and the address (host:port or URL) at which it serves HTTP; ok
	// is false while none is known.
	Leader() (id, httpAddress string, ok bool)
	// LeaderContact returns how long ago this node heard from the leader: 0 on the leader itself;
	// ok is false if it never did.
	LeaderContact() (ago time.Duration, ok bool)
	// Quorum returns why no node can lead, if this node knows no leader and finds no majority.
	Quorum() error
	// Ready returns nil if this node has a leader and has applied what was committed, otherwise the
	// reason.
	Ready() error
	// Status returns the cluster as this node sees it; it may ask other members.
	Status(ctx context.Context) (wire.Cluster, error)
	// Transfer transfers leadership to a node; empty = to the most up-to-date one. Leader only.
	// This and the next operations have at most one effect for a request; nil = it has no key.
	Transfer(ctx context.Context, q *fsm.Request, node string) (engine.Answered, error)
	// Remove removes a node from the configuration and the node table. Leader only.
	Remove(ctx context.Context, q *fsm.Request, node string) (engine.Answered, error)
	// Promote makes a non-voter a voter; Demote makes a voter a non-voter that stays one. Leader
	// only.
	Promote(ctx context.Context, q *fsm.Request, node string) (engine.Answered, error)
	Demote(ctx context.Context, q *fsm.Request, node string) (engine.Answered, error)
	// Replace lets next vote in the place of old, which is dead, and removes old then. It returns
	// what it waits for, "" when it is done. Leader only.
	Replace(ctx context.Context, q *fsm.Request, old, next string) (waits string, a engine.Answered, err error)
	// IssueJoinToken makes a join token, which no other call returns; a repeated request gets an
	// empty one. Leader only.
	IssueJoinToken(ctx context.Context, q *fsm.Request, by string, life time.Duration) (token string, made rows.JoinToken, a engine.Answered, err error)
	RevokeJoinToken(ctx context.Context, q *fsm.Request, id string) (engine.Answered, error)
	JoinTokens(ctx context.Context, rd engine.Read) (list []rows.JoinToken, index uint64, err error)
	// Drain makes a node refuse deploys and give up leadership, or reverses that. An empty node
	// means this one. The node forgets the request with its next start.
	Drain(ctx context.Context, q *fsm.Request, node string, on bool) (engine.Answered, error)
	// Draining reports whether this node is draining.
	Draining() bool
}

// readHere is Fresh.read for what only this node knows. It waits until the node has applied
// min_index.
func (s *Server) readHere(ctx context.Context, f Fresh) (engine.Read, error) {
	rd, err := f.read()
	if err == nil && rd.MinIndex > 0 {
		_, _, _, err = s.cfg.QueueKeeper.Queues(ctx, rd, 1, "")
	}
	return rd, err
}

// stateHere is readHere with the index of this node's state then.
func (s *Server) stateHere(ctx context.Context, f Fresh) (rd engine.Read, index uint64, err error) {
	if rd, err = f.read(); err == nil {
		_, _, index, err = s.cfg.QueueKeeper.Queues(ctx, engine.Read{Stale: true, MinIndex: rd.MinIndex}, 1, "")
	}
	return rd, index, err
}

// clusterInput has the parameters of every read. However fresh the answer must be, it shows the
// cluster as this node sees it, and needs no leader.
type clusterInput struct {
	Fresh
}

func (s *Server) cluster(ctx context.Context, in *clusterInput) (*answer[wire.Cluster], error) {
	rd, err := s.readHere(ctx, in.Fresh)
	if err != nil {
		return nil, err
	}
	status, err := s.cfg.Cluster.Status(ctx)
	if err != nil {
		return nil, err
	}
	status.Members, status.Findings = list(status.Members), list(status.Findings)
	return &answer[wire.Cluster]{Index: status.AppliedIndex, LeaderContact: s.contact(rd), Body: status}, nil
}

type operateInput struct{ Keyed }

func (s *Server) transfer(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.operate(ctx, optional, s.cfg.Cluster.Transfer)
}

func (s *Server) remove(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.operate(ctx, required, s.cfg.Cluster.Remove)
}

func (s *Server) promote(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.operate(ctx, required, s.cfg.Cluster.Promote)
}

func (s *Server) demote(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.operate(ctx, required, s.cfg.Cluster.Demote)
}

// operate does an operation on a member, which the call may have to name.
func (s *Server) operate(ctx context.Context, named need, operation func(context.Context, *fsm.Request, string) (engine.Answered, error)) (*answer[wire.NodeAnswer], error) {
	node, err := s.nodeAsked(ctx)
	if err == nil && node == "" && named {
		err = invalid("node", "is missing: name the node")
	}
	if err != nil {
		return nil, err
	}
	return s.operateOn(ctx, node, operation)
}

func (s *Server) operateOn(ctx context.Context, node string, operation func(context.Context, *fsm.Request, string) (engine.Answered, error)) (*answer[wire.NodeAnswer], error) {
	c, err := exchangeOf(ctx).call()
	if err != nil {
		return nil, err
	}
	a, err := operation(ctx, c.Request, node)
	if err != nil {
		return nil, refused(a, err)
	}
	done, err := s.reached(ctx, a)
	if err != nil {
		return nil, err
	}
	return &answer[wire.NodeAnswer]{Index: done.Index, Body: wire.NodeAnswer{Node: node, Answered: done}}, nil
}

// reached is the outcome of what is no command of the log: as of an index of this node's state,
// unless a command went before it.
func (s *Server) reached(ctx context.Context, a engine.Answered) (wire.Answered, error) {
	if a.Index > 0 {
		return answered(a), nil
	}
	var err error
	_, a.Index, err = s.stateHere(ctx, Fresh{})
	return answered(a), err
}

func (s *Server) drain(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.setDraining(ctx, true)
}

func (s *Server) undrain(ctx context.Context, _ *operateInput) (*answer[wire.NodeAnswer], error) {
	return s.setDraining(ctx, false)
}

func (s *Server) setDraining(ctx context.Context, on bool) (*answer[wire.NodeAnswer], error) {
	node, err := s.nodeAsked(ctx)
	if err != nil {
		return nil, err
	}
	return s.operateOn(ctx, cmp.Or(node, s.cfg.Node), func(ctx context.Context, q *fsm.Request, node string) (engine.Answered, error) {
		return s.cfg.Cluster.Drain(ctx, q, node, on)
	})
}

// nodeAsked reads the body of a call about a node.
func (s *Server) nodeAsked(ctx context.Context) (string, error) {
	var r wire.NodeRequest
	if err := exchangeOf(ctx).decode(&r, optional); err != nil {
		return "", err
	}
	if len(r.Node) > 200 {
		return "", invalid("node", "has %d bytes, the limit is 200", len(r.Node))
	}
	return r.Node, nil
}
