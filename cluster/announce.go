package cluster

import (
	"context"
	"errors"
	"time"

	"aion.dev/aion/fsm"
	"github.com/google/uuid"
)

// keepAnnounced writes this node's row in the node table through the log: on every boot, and again when the row is not as it should be.
func (c *Cluster) keepAnnounced(ctx context.Context) {
	for ctx.Err() == nil {
		again := lookAfterRow
		if row, due := c.row(); due {
			at, err := c.announce(ctx, row)
			if err == nil {
				c.announced.CompareAndSwap(0, at)
			} else {
				c.log.Debug("announcing this node", "error", err)
				again = retryEvery
			}
		}
		if err := c.reportLimits(ctx); err != nil {
			c.log.Debug("reporting this node's limits", "error", err)
			again = retryEvery
		}
		if err := c.learnClusterID(); err != nil {
			c.fail(err)
			return
		}
		pause(ctx, again)
	}
}

// lookAfterRow is how often a node looks whether its row is still as it should be.
const lookAfterRow = time.Second

// row returns what this node's row should say, and whether it is worth writing.
func (c *Cluster) row() (want fsm.AnnounceNode, due bool) {
	want.Node = fsm.Node{ID: c.id, RaftAddress: c.self().Address, HTTPAddress: c.cfg.HTTPAddress, Version: c.cfg.Version}
	due = true
	c.state.View(func(v fsm.View) {
		if v.ClusterID() == "" {
			want.ClusterID = uuid.NewString()
		}
		for _, n := range v.Nodes() {
			if n.ID == c.id {
				due = n.RaftAddress != want.Node.RaftAddress || n.HTTPAddress != want.Node.HTTPAddress || n.Version != want.Node.Version
			}
		}
	})
	return want, due || c.announced.Load() == 0
}

// announce writes the row and returns the index at which it was written. Having applied that index, this node has applied everything that was committed
// before it came up: see Ready.
func (c *Cluster) announce(ctx context.Context, row fsm.AnnounceNode) (uint64, error) {
	if c.raft.Load() == nil || !c.member() {
		return 0, errors.New("not a member yet")
	}
	result, err := c.Propose(ctx, fsm.Envelope{Command: &row})
	if err == nil && result.Refusal != nil {
		err = result.Refusal
	}
	return result.Index, err
}

// learnClusterID writes down in the data folder which cluster it belongs to, once the state says so, and lets gossip know.
func (c *Cluster) learnClusterID() error {
	id := ""
	c.state.View(func(v fsm.View) { id = v.ClusterID() })
	if id == "" {
		return nil
	}
	if c.gossip != nil {
		c.gossip.SetClusterID(id)
	}
	if c.identity == nil {
		return nil
	}
	return c.identity.SetClusterID(id) // not under c.mu: a disk that hangs here must not block fail, which ends the node
}

// clusterID returns the cluster that this node belongs to, as far as it knows.
func (c *Cluster) clusterID() (id string) {
	c.state.View(func(v fsm.View) { id = v.ClusterID() })
	if id == "" && c.identity != nil {
		id = c.identity.ClusterID()
	}
	return id
}

// member reports whether the newest configuration that this node knows has it.
func (c *Cluster) member() bool {
	_, err := member(c.raft.Load(), c.id)
	return err == nil
}

// keepInConfiguration asks the leader for this node's place when it hears nothing from one: its address has changed and nobody reaches it, or it was
// removed and must say so.
func (c *Cluster) keepInConfiguration(ctx context.Context) {
	for ctx.Err() == nil {
		pause(ctx, 3*c.cfg.Raft.Heartbeat)
		r := c.raft.Load()
		if address, _ := r.LeaderWithID(); address != "" && c.member() {
			c.setOutside(nil)
			continue
		}
		own := c.clusterID()
		for _, p := range c.meet(ctx) {
			if p.Leader.Address == "" || p.Leader.ID == c.id || own != "" && p.ClusterID != own {
				continue // of another cluster, which gossip may have met
			}
			_, err := c.askToJoin(ctx, p.Leader.Address, false)
			if err != nil {
				c.log.Warn("outside of the cluster", "error", err)
			}
			c.setOutside(err)
			break
		}
	}
}
