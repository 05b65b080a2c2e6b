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
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lifecycle"
	"github.com/google/uuid"
)

// keepAnnounced writes this node's row of the node table through the log: on every boot, and again
// whenever the row is out of date.
func (c *Cluster) keepAnnounced(ctx context.Context) {
	for ctx.Err() == nil {
		again := checkRowEvery
		if row, due := c.desiredRow(); due {
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

// checkRowEvery is how often a node checks that its row is up to date.
const checkRowEvery = time.Second

// desiredRow returns what this node's row should contain, and whether it has to be written.
func (c *Cluster) desiredRow() (want fsm.AnnounceNode, due bool) {
	want.Node = rows.Node{ID: c.id, RaftAddress: c.self().Address, HTTPAddress: c.cfg.HTTPAddress, Version: c.cfg.Version}
	due = true
	c.state.View(func(v fsm.View) {
		if v.ClusterID() == "" {
			// Founders agree on the id beforehand. A cluster without one was founded by an older
			// binary.
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

// announce writes the row and returns its index in the log. Once this node has applied that index,
// it has applied everything that was committed before it came up; see Ready.
func (c *Cluster) announce(ctx context.Context, row fsm.AnnounceNode) (uint64, error) {
	if c.raft.Load() == nil || !c.isMember() {
		return 0, errors.New("not a member yet")
	}
	result, err := c.Propose(ctx, fsm.Envelope{Command: &row})
	if err == nil && result.Refusal != nil {
		err = result.Refusal
	}
	return result.Index, err
}

// learnClusterID adopts the id of the cluster that the state belongs to.
func (c *Cluster) learnClusterID() error {
	id := ""
	c.state.View(func(v fsm.View) { id = v.ClusterID() })
	return c.adoptClusterID(id)
}

// adoptClusterID makes this node part of a cluster permanently. It writes the id to the data folder
// before it shows the id to other nodes.
func (c *Cluster) adoptClusterID(id string) error {
	if id == "" || id == c.clusterID() {
		return nil
	}
	c.adopting.Lock() // not c.mu: the disk may hang here, and ending this node takes c.mu
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

// clusterID returns the id of the cluster that this node belongs to, or "" if there is none yet.
func (c *Cluster) clusterID() string {
	if p := c.belongs.Load(); p != nil {
		return *p
	}
	return ""
}

// checkRow refuses a row with an address that its node must not announce.
func (c *Cluster) checkRow(a *fsm.AnnounceNode) error {
	r := c.raft.Load()
	if r == nil { // the caller knows this node as the leader that it was before it was started again
		return &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	place, err := findMember(r, a.Node.ID)
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

// checkAddress refuses anything but host:port. In particular it refuses a scheme: callers send
// their tokens to this address, so a peer must not choose whether TLS is used.
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

// isMember reports whether the newest configuration that this node knows contains it.
func (c *Cluster) isMember() bool {
	_, err := findMember(c.raft.Load(), c.id)
	return err == nil
}

// keepInConfiguration asks the leader for this node's place in the configuration when no leader
// contacts this node. Either its address has changed, so nobody reaches it, or it was removed and
// has to report that.
func (c *Cluster) keepInConfiguration(ctx context.Context) {
	for ctx.Err() == nil {
		lifecycle.Pause(ctx, 3*c.cfg.Raft.Heartbeat)
		r := c.raft.Load()
		if address, _ := r.LeaderWithID(); address != "" && c.isMember() {
			c.setOutside(nil)
			continue
		}
		own := c.clusterID()
		for _, p := range c.greetPeers(ctx) {
			if p.Leader.ID == c.id && p.Leader.Address != c.self().Address {
				c.stopIfDuplicate(ctx, p.Leader)
			}
			if p.Leader.Address == "" || p.Leader.ID == c.id || own != "" && p.ClusterID != own {
				continue // gossip may have met a node of another cluster
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

// stopIfDuplicate ends this node if another process leads under the same id. No other node would
// notice in that case.
func (c *Cluster) stopIfDuplicate(ctx context.Context, leader port.Server) {
	if g, err := c.hello(ctx, leader); err == nil && g.Instance != c.instance && g.Leader == leader {
		c.fail(fmt.Errorf("node %s is alive at %s and leads: this process at %s is a copy of it, or the original of that copy", c.id, leader.Address, c.self().Address))
	}
}
