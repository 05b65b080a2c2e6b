package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/google/uuid"
)

// keepAnnounced writes this node's row in the node table through the log: on every boot, and again
// when the row is not as it should be.
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
		lifecycle.Pause(ctx, again)
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
			// Founders agree on it beforehand; without, it was founded by an older binary.
			want.ClusterID = cmp.Or(c.clusterID(), uuid.NewString())
		}
		for _, n := range v.Nodes() {
			if n.ID == c.id {
				due = n.RaftAddress != want.Node.RaftAddress || n.HTTPAddress != want.Node.HTTPAddress || n.Version != want.Node.Version
			}
		}
	})
	return want, due || c.announced.Load() == 0
}

// announce writes the row and returns the index at which it was written. Having applied that index,
// this node has applied everything that was committed before it came up: see Ready.
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

// learnClusterID adopts the cluster that the state names.
func (c *Cluster) learnClusterID() error {
	id := ""
	c.state.View(func(v fsm.View) { id = v.ClusterID() })
	return c.adopt(id)
}

// adopt makes this node one of a cluster: in its data folder, for ever, then to whoever it talks
// to.
func (c *Cluster) adopt(id string) error {
	if id == "" || id == c.clusterID() {
		return nil
	}
	c.adopting.Lock() // not c.mu: the disk may hang here, and others need that to end this node
	defer c.adopting.Unlock()
	if c.identity != nil {
		if err := c.identity.SetClusterID(id); err != nil {
			return err
		}
	}
	if own := c.clusterID(); own != "" && own != id {
		return fmt.Errorf("this node belongs to cluster %s, its state to cluster %s", own, id)
	}
	c.belongs.Store(&id)
	if c.gossip != nil {
		c.gossip.SetClusterID(id)
	}
	return nil
}

// clusterID returns the cluster that this node belongs to; empty while it belongs to none.
func (c *Cluster) clusterID() string {
	if p := c.belongs.Load(); p != nil {
		return *p
	}
	return ""
}

// checkRow refuses a row that its node should not have.
func (c *Cluster) checkRow(a *fsm.AnnounceNode) error {
	place, err := member(c.raft.Load(), a.Node.ID)
	if err != nil {
		return err
	}
	if at := string(place.Address); a.Node.RaftAddress != at {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s announces raft_address %q, the configuration has it at %q", a.Node.ID, a.Node.RaftAddress, at)}
	}
	if err := checkAddress(a.Node.HTTPAddress); err != nil {
		return &engine.Unavailable{Why: fmt.Sprintf("node %s announces http_address %q: %v", a.Node.ID, a.Node.HTTPAddress, err)}
	}
	return nil
}

// checkAddress refuses what is no host:port. A scheme above all: whether TLS is spoken is not for
// the one who is called to say, for callers' tokens travel there.
func checkAddress(address string) error {
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("want host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil || strings.ContainsAny(host, "/@?#\\ ") {
		return errors.New("want host:port and nothing else")
	}
	return nil
}

// member reports whether the newest configuration that this node knows has it.
func (c *Cluster) member() bool {
	_, err := member(c.raft.Load(), c.id)
	return err == nil
}

// keepInConfiguration asks the leader for this node's place when it hears nothing from one: its
// address has changed and nobody reaches it, or it was removed and must say so.
func (c *Cluster) keepInConfiguration(ctx context.Context) {
	for ctx.Err() == nil {
		lifecycle.Pause(ctx, 3*c.cfg.Raft.Heartbeat)
		r := c.raft.Load()
		if address, _ := r.LeaderWithID(); address != "" && c.member() {
			c.setOutside(nil)
			continue
		}
		own := c.clusterID()
		for _, p := range c.meet(ctx) {
			if p.Leader.ID == c.id && p.Leader.Address != c.self().Address {
				c.stopBeside(ctx, p.Leader)
			}
			if p.Leader.Address == "" || p.Leader.ID == c.id || own != "" && p.ClusterID != own {
				continue // of another cluster, which gossip may have met
			}
			_, err := c.askToJoin(ctx, p.Leader, false)
			if err != nil {
				c.log.Warn("outside of the cluster", "error", err)
			}
			c.setOutside(err)
			break
		}
	}
}

// stopBeside ends this node if another process leads under its id: there is nobody else to say so.
func (c *Cluster) stopBeside(ctx context.Context, leader port.Server) {
	if g, err := c.hello(ctx, leader); err == nil && g.Instance != c.instance && g.Leader == leader {
		c.fail(fmt.Errorf("node %s is alive at %s, and leads: this process at %s is a copy of it, or the one that it was copied from", c.id, leader.Address, c.self().Address))
	}
}
