package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/cluster/port"
)

// This file decides which existing cluster an empty node may join. Gossip suggests every node it
// meets, and an address in a list may be stale. A node that was told to found a cluster with others
// must not become a voter of a cluster that it was never meant for.

// existing returns the node through which to join, the reason to wait, or the reason why this node
// can never enter with its configuration. peers are the nodes that answered; silent are the
// addresses of cluster.join that have not answered yet.
func existing(self greeting, peers []greeting, silent []string) (join port.Server, wait string, refused error) {
	members := slices.DeleteFunc(slices.Clone(peers), func(p greeting) bool { return p.Empty })
	// otherwise no peer is one that the operator named
	if slices.ContainsFunc(members, func(p greeting) bool { return p.named != "" }) {
		members = slices.DeleteFunc(members, func(p greeting) bool { return p.named == "" })
	}
	if len(members) == 0 {
		return port.Server{}, "", nil
	}
	one := members[0]
	for _, p := range members {
		if p.ClusterID != one.ClusterID && p.ClusterID != "" && one.ClusterID != "" {
			err := fmt.Errorf("cluster.join names nodes of two clusters: node %s is of cluster %s, node %s of cluster %s", one.Server, one.ClusterID, p.Server, p.ClusterID)
			if one.named != "" {
				return port.Server{}, "", err
			}
			return port.Server{}, err.Error(), nil
		}
	}
	if self.Expect > 1 && !(self.Name != "" && self.Name == one.Name) {
		if wait, refused = foundedWith(self, peers, members, silent); wait != "" || refused != nil {
			return port.Server{}, wait, refused
		}
	}
	for _, p := range members {
		if p.Leader.Address != "" {
			return p.Leader, "", nil
		}
	}
	return port.Server{}, fmt.Sprintf("node %s belongs to a cluster that has no leader at the moment", one.ID), nil
}

// foundedWith returns a reason if a node that was told to found a cluster must not join the cluster
// of members, because that is not the cluster it would have founded. It is the same cluster in
// three cases: it has contained this node's own address; all its founders are nodes with which this
// node was told to found; or most of the addresses given to this node are members by now, so
// founding cannot go on without that cluster.
func foundedWith(self greeting, peers, members []greeting, silent []string) (wait string, refused error) {
	met := map[port.Server]bool{self.Server: true}
	for _, p := range peers {
		if p.named != "" { // nodes found each other through gossip alone
			met[p.Server] = true
		}
	}
	empty := []string{self.ID}
	for _, p := range peers {
		if p.Empty && p.Expect == self.Expect {
			empty = append(empty, p.Server.String())
		}
	}
	for _, m := range members {
		for _, s := range m.Members {
			if s.Address == self.Address {
				return "", nil
			}
		}
		if m.Promise == nil {
			continue
		}
		all := true
		for _, s := range m.Promise.Servers {
			if s.Address == self.Address {
				return "", nil
			}
			all = all && met[s]
		}
		if all {
			return "", nil
		}
	}
	what := fmt.Sprintf("this node was told to found a cluster of %d (cluster.bootstrap_expect), but node %s belongs to cluster %s", self.Expect, members[0].Server, members[0].ClusterID)
	how := "to join it, set cluster.bootstrap_expect to 0, or cluster.name to that cluster's; else take its addresses out of cluster.join"
	switch {
	case len(empty) >= self.Expect:
		return "", fmt.Errorf("%s, which is not the one that it founds with %s; %s", what, strings.Join(empty[1:], ", "), how)
	case members[0].named == "", len(members) <= len(silent)+len(empty)-1:
		return fmt.Sprintf("%s, and too few of the addresses in cluster.join belong to its members: nobody answers at %s; %s", what, cmp.Or(strings.Join(silent, ", "), "some"), how), nil
	}
	return "", nil
}
