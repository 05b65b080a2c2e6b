package node

import (
	"context"

	"aion.dev/aion/cluster"
	"aion.dev/aion/transport/wire"
)

// membership is the cluster as the HTTP server asks for it.
type membership struct{ *cluster.Cluster }

// Status implements transport.Cluster.
func (m membership) Status(ctx context.Context) (wire.Cluster, error) {
	s, err := m.Cluster.Status(ctx)
	if err != nil {
		return wire.Cluster{}, err
	}
	c := wire.Cluster{
		ClusterID: s.ClusterID, Node: s.Node, Leader: s.Leader, Term: s.Term, LogTime: s.LogTime.Std(),
		CommitIndex: s.CommitIndex, AppliedIndex: s.AppliedIndex, Digest: s.Digest.String(), DigestIndex: s.DigestIndex, Members: []wire.Member{},
	}
	for _, x := range s.Members {
		c.Members = append(c.Members, wire.Member{
			ID: x.ID, Role: x.Role, Leader: x.Leader, Status: x.Status, RaftAddress: x.RaftAddress, HTTPAddress: x.HTTPAddress,
			Version: x.Version, AppliedIndex: x.AppliedIndex, MissingBlobs: x.MissingBlobs,
		})
	}
	return c, nil
}
