package clustertest

import (
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/internal/await"
)

// patience bounds, in the bubble's time, what should happen soon. A few seconds of a busy cluster
// take as many real ones, so Until also gives up after await.Patience of real time.
const patience = 2 * time.Minute

// Until waits until f returns nil, and fails the test if it does not.
func (c *Cluster) Until(what string, f func() error) {
	c.t.Helper()
	deadline, limit := time.Now().Add(patience), await.Until(await.Patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || limit.Over() {
			c.t.Fatalf("%s: not within %v of the bubble's time or %v of the real one: %v", what, patience, await.Patience, err)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// Leader waits for a leader among the running nodes and returns it. After a partition a deposed
// leader may not know it yet: see LeaderOf.
func (c *Cluster) Leader() *Node {
	c.t.Helper()
	return c.LeaderOf(c.Nodes...)
}

// LeaderOf waits for a leader among these nodes: the one of the highest term that can commit.
func (c *Cluster) LeaderOf(nodes ...*Node) (leader *Node) {
	c.t.Helper()
	c.Until("a leader", func() error {
		for _, n := range nodes {
			if n.Up() && n.IsLeader() && n.sync() == nil {
				leader = n
				return nil
			}
		}
		return errors.New("nobody leads")
	})
	return leader
}

// WaitReady waits until there is a leader, and every running, reachable node is ready and knows it.
func (c *Cluster) WaitReady() {
	c.t.Helper()
	leader := c.Leader()
	c.Until("every node ready", func() error {
		for _, n := range c.Nodes {
			if !n.Up() || n != leader && !c.net.connected(n.Address, leader.Address) {
				continue
			}
			if err := n.Ready(); err != nil {
				return fmt.Errorf("node %s: %w", n.ID, err)
			}
			if id, _, _ := n.Leader(); id != leader.ID {
				return fmt.Errorf("node %s follows %q, not %s", n.ID, id, leader.ID)
			}
		}
		return nil
	})
}

// Check waits until all running nodes have applied the same index, and asserts that they hold the
// same state and that it passes the audit.
func (c *Cluster) Check() {
	c.t.Helper()
	c.WaitReady()
	leader := c.Leader()
	digests := map[*Node]catalog.Digest{}
	// at one moment, because a cluster that works goes on in between
	c.Until("the same index everywhere", func() error {
		want, digest := leader.State().Digest()
		digests[leader] = digest
		for _, n := range c.Nodes {
			if !n.Up() {
				continue
			}
			index, digest := n.State().Digest()
			if digests[n] = digest; index != want {
				return fmt.Errorf("node %s has applied %d, the leader %d", n.ID, index, want)
			}
		}
		return nil
	})
	for _, n := range c.Nodes {
		if !n.Up() {
			continue
		}
		if got, want := digests[n], digests[leader]; got != want {
			c.t.Errorf("node %s has digest %s, the leader %s at the same index", n.ID, got, want)
		}
		if err := audit.Check(n.State()); err != nil {
			c.t.Errorf("node %s: %v", n.ID, err)
		}
	}
}
