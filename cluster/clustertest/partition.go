package clustertest

import (
	"slices"
	"time"
)

// Partition cuts the network between groups of nodes: nodes of the same group reach each other, and
// nobody else. Nodes that are in no group are alone.
func (c *Cluster) Partition(groups ...[]*Node) {
	for i, a := range c.Nodes {
		for _, b := range c.Nodes[i+1:] {
			together := slices.ContainsFunc(groups, func(g []*Node) bool { return slices.Contains(g, a) && slices.Contains(g, b) })
			c.net.set(a.Address, b.Address, !together)
		}
	}
}

// Isolate cuts one node off from all others.
func (c *Cluster) Isolate(n *Node) { c.Partition(c.Others(n)) }

// Deafen loses raft's messages between two nodes, in both directions, until Heal. Node calls still
// pass.
func (c *Cluster) Deafen(a, b *Node) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.net.deaf[pair(a.Address, b.Address)] = true
	c.net.connect(a.Address, b.Address)
	c.net.connect(b.Address, a.Address)
}

// Slow adds by to the latency of every message between two nodes, until Heal. It needs
// Options.Latency.
func (c *Cluster) Slow(a, b *Node, by time.Duration) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.net.slow[pair(a.Address, b.Address)] = by
}

// Heal restores the whole network.
func (c *Cluster) Heal() {
	c.net.mu.Lock()
	clear(c.net.deaf)
	c.net.mu.Unlock()
	c.Partition(c.Nodes) // this connects again
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	clear(c.net.slow)
}
