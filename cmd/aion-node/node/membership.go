package node

import (
	"context"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/transport/wire"
)

// membership is the cluster as the HTTP server asks for it.
type membership struct{ *cluster.Cluster }

// statusTime bounds how long other nodes may take to say how they are; those that do not are told as suspect.
const statusTime = 2 * time.Second

// Status implements transport.Cluster.
func (m membership) Status() wire.Cluster {
	ctx, cancel := context.WithTimeout(context.Background(), statusTime)
	defer cancel()
	s, _ := m.Cluster.Status(ctx) // what is known by the end of that time is the answer
	c := wire.Cluster{
		ClusterID: s.ClusterID, Node: s.Node, Leader: s.Leader, Term: s.Term, LogTime: s.LogTime.Std(),
		CommitIndex: s.CommitIndex, AppliedIndex: s.AppliedIndex, Digest: s.Digest.String(), Members: []wire.Member{},
	}
	for _, x := range s.Members {
		c.Members = append(c.Members, wire.Member{
			ID: x.ID, Role: x.Role, Leader: x.Leader, Status: x.Status, RaftAddress: x.RaftAddress, HTTPAddress: x.HTTPAddress,
			Version: x.Version, AppliedIndex: x.AppliedIndex, MissingBlobs: x.MissingBlobs,
		})
	}
	return c
}
