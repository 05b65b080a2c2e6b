package fault

import (
	"context"
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/jepsen/nodes"
)

// partition chooses which nodes cannot hear each other, independent of the transport.
type partition func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (cut func(a, b *nodes.Node) bool)

// around cuts the nodes chosen by who off from all others.
func around(who choice) partition {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) func(a, b *nodes.Node) bool {
		n := who(ctx, c, r)[0]
		return func(a, b *nodes.Node) bool { return a == n || b == n }
	}
}

// halves puts a majority on one side.
func halves(_ context.Context, c *nodes.Cluster, r *rand.Rand) func(a, b *nodes.Node) bool {
	side := map[*nodes.Node]bool{}
	for _, i := range r.Perm(len(c.Nodes()))[:len(c.Nodes())/2] {
		side[c.Nodes()[i]] = true
	}
	return func(a, b *nodes.Node) bool { return side[a] != side[b] }
}

// ring lets nodes hear only their neighbours; with three nodes, one link is cut.
func ring(_ context.Context, c *nodes.Cluster, r *rand.Rand) func(a, b *nodes.Node) bool {
	at := inLine(c, r)
	k := len(at)
	if k == 3 {
		return func(a, b *nodes.Node) bool { return at[a]+at[b] == 1 }
	}
	return func(a, b *nodes.Node) bool { d := (at[a] - at[b] + k) % k; return d != 1 && d != k-1 }
}

// bridge makes two halves; one node hears both.
func bridge(_ context.Context, c *nodes.Cluster, r *rand.Rand) func(a, b *nodes.Node) bool {
	at := inLine(c, r)
	middle := len(at) / 2
	return func(a, b *nodes.Node) bool { return (at[a]-middle)*(at[b]-middle) < 0 }
}

// inLine gives the nodes places in random order.
func inLine(c *nodes.Cluster, r *rand.Rand) map[*nodes.Node]int {
	at := map[*nodes.Node]int{}
	for place, i := range r.Perm(len(c.Nodes())) {
		at[c.Nodes()[i]] = place
	}
	return at
}

// cutLinks lists the links that are cut.
func cutLinks(c *nodes.Cluster, cut func(a, b *nodes.Node) bool) string {
	did := "cut"
	for i, a := range c.Nodes() {
		for _, b := range c.Nodes()[i+1:] {
			if cut(a, b) {
				did += fmt.Sprintf(" %s|%s", a.Name, b.Name)
			}
		}
	}
	return did
}
