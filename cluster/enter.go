package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"github.com/google/uuid"
	"github.com/hashicorp/raft"
)

// entered guards the single step from belonging to no cluster to belonging to one.
type entered struct{ sync.Mutex }

// lookAgain is how often an empty node asks its peers. It also asks whenever gossip hears something
// new.
const lookAgain = 500 * time.Millisecond

// move is what an empty node does next.
type move struct {
	found   *Founding   // promise this, make the others promise, then begin
	begin   *Founding   // begin with what was promised
	join    port.Server // ask this node for admission
	wait    string      // nothing to do yet, and why
	refused error       // it can never enter like this
}

// nextMove decides how an empty node enters a cluster, from what it and its reachable peers report.
// A node joins an existing cluster and never founds another one beside it. Founding takes
// bootstrap_expect empty nodes that reach each other; the one with the smallest id asks the others
// for their promise.
func nextMove(self greeting, peers []greeting, silent []string) move {
	for _, p := range peers {
		switch {
		case p.Empty:
		case self.Promise != nil && self.Promise.equal(p.Promise):
			return move{begin: self.Promise}
		case self.Promise != nil:
			// Keeping the promise could make a second cluster. Breaking it could too: the others
			// may be keeping theirs.
			return move{wait: fmt.Sprintf("promised to found a cluster with %v, but node %s belongs to another one already; to join that, remove this node's data folder", self.Promise.Servers, p.ID)}
		}
	}
	if join, wait, refused := existing(self, peers, silent); join.Address != "" || wait != "" || refused != nil {
		return move{join: join, wait: wait, refused: refused}
	}
	for _, p := range peers {
		switch {
		case self.Expect > 0 && p.Expect > 0 && p.Expect != self.Expect:
			return move{refused: fmt.Errorf("cluster.bootstrap_expect is %d here and %d on node %s: give every node the same", self.Expect, p.Expect, p.ID)}
		}
	}
	if self.Promise != nil {
		if self.Promise.Servers[0] == self.Server {
			return move{found: self.Promise}
		}
		return move{wait: fmt.Sprintf("promised to found a cluster that node %s begins", self.Promise.Servers[0].ID)}
	}
	if self.Expect == 0 {
		return move{wait: "no peer that is reached belongs to a cluster, and this node is told to join only"}
	}
	founders := []port.Server{self.Server}
	for _, p := range peers {
		if p.Expect == self.Expect {
			founders = append(founders, p.Server)
		}
	}
	if len(founders) < self.Expect {
		return move{wait: fmt.Sprintf("%d of %d founding nodes reach each other", len(founders), self.Expect)}
	}
	slices.SortFunc(founders, func(a, b port.Server) int { return cmp.Compare(a.ID, b.ID) })
	if founders[0] != self.Server {
		return move{wait: fmt.Sprintf("node %s begins the cluster", founders[0].ID)}
	}
	return move{found: &Founding{Servers: founders[:self.Expect]}}
}

// enter makes this node part of a cluster and starts raft. The cluster is the one that its data
// belongs to, one that it joins, or one that it founds.
//
// Until then raft does not run, and this node gives no votes: a node with an empty log would vote
// for anybody.
func (c *Cluster) enter(ctx context.Context) error {
	existing, err := raft.HasExistingState(c.stores.Log, c.stores.Stable, c.stores.Snapshots)
	if err != nil {
		return fmt.Errorf("read raft's state: %w", err)
	}
	if existing {
		return c.start()
	}
	// A node that was admitted and killed before its log began may ask again. A node that had more
	// of the log has lost it.
	if id := c.clusterID(); id != "" && c.joining() == nil {
		return fmt.Errorf("data folder %s belongs to cluster %s, but its log is gone, and with it what this node has acknowledged: "+
			"put it back, or start with an empty data folder and another node.id, and then aion-node cluster remove %s", c.cfg.DataDir, id, c.id)
	}
	said := ""
	for {
		self, err := c.ownGreeting()
		if err != nil {
			return err
		}
		peers := c.greetPeers(ctx)
		m := nextMove(self, peers, c.silentAddresses(peers))
		switch {
		case m.refused != nil:
			return m.refused
		case m.begin != nil:
			return c.begin(m.begin)
		case m.found != nil:
			if self.Promise == nil {
				m.found.ClusterID = uuid.NewString()
			}
			if m.wait = c.gatherPromises(ctx, *m.found); m.wait == "" {
				return c.begin(m.found)
			}
		case m.join.Address != "":
			in, err := c.askToJoin(ctx, m.join, true)
			if err != nil || in {
				return err
			}
			m.wait = fmt.Sprintf("waiting to be let in by the leader, node %s", m.join)
		}
		if m.wait != said {
			said = m.wait
			c.log.Info("not in a cluster yet", "because", m.wait)
		}
		if err := c.pause(ctx, lookAgain); err != nil {
			return nil // Run ends
		}
	}
}

// recallCluster finds out which cluster this node's data belongs to.
func (c *Cluster) recallCluster() error {
	id := ""
	c.state.View(func(v fsm.View) { id = v.ClusterID() })
	if id == "" && c.identity != nil {
		id = c.identity.ClusterID()
	}
	existing, err := raft.HasExistingState(c.stores.Log, c.stores.Stable, c.stores.Snapshots)
	if id == "" && err == nil && existing { // it founded a cluster and was killed before it stored the id
		var f *Founding
		if f, err = c.promises.Promised(); f != nil {
			id = f.ClusterID
		}
	}
	if err != nil {
		return fmt.Errorf("read raft's state: %w", err)
	}
	a, err := c.promises.Admitted()
	if err != nil {
		return err
	}
	c.admission.Store(a)
	return c.adoptClusterID(id)
}

// begin starts a cluster with the founders' configuration as the first entry.
func (c *Cluster) begin(f *Founding) error {
	c.entered.Lock()
	defer c.entered.Unlock()
	rc := c.cfg.raftConfig(c.id, c.notify)
	if err := raft.BootstrapCluster(rc, c.stores.Log, c.stores.Stable, c.stores.Snapshots, c.link, configuration(f.Servers)); err != nil {
		return fmt.Errorf("found the cluster: %w", err)
	}
	// after the log: a folder with a cluster id but no log counts as having lost its log
	if err := c.adoptClusterID(f.ClusterID); err != nil {
		return err
	}
	c.log.Info("founding a cluster", "cluster", f.ClusterID, "with", f.Servers)
	return c.start()
}

// gatherPromises makes all founders promise, this node first. It returns the reason if one of them
// does not.
func (c *Cluster) gatherPromises(ctx context.Context, f Founding) string {
	if err := c.promise(f); err != nil {
		return err.Error()
	}
	for _, s := range f.Servers {
		if s == c.self() {
			continue
		}
		var done struct{}
		ctx, cancel := context.WithTimeout(ctx, helloWithin)
		err := c.call(ctx, s, port.CallPromise, f, &done)
		cancel()
		if err != nil {
			return fmt.Sprintf("node %s does not promise to found the cluster: %v", s.ID, err)
		}
	}
	return ""
}

// silentAddresses returns the addresses of cluster.join, except this node's own, at which no node
// has answered. It ignores what gossip has heard about them: only a node's answer shows whether it
// is a member.
func (c *Cluster) silentAddresses(peers []greeting) []string {
	if c.discovery == nil {
		return nil
	}
	return slices.DeleteFunc(c.discovery.Others(), func(a string) bool {
		return slices.ContainsFunc(peers, func(p greeting) bool { return p.named == a })
	})
}

// greetPeers greets all peers that gossip suggests and returns those that answered.
func (c *Cluster) greetPeers(ctx context.Context) []greeting {
	if c.discovery == nil {
		return nil
	}
	var (
		mu  sync.Mutex
		met []greeting
		all sync.WaitGroup
	)
	for _, p := range c.discovery.Peers() {
		if p.RaftAddress == "" || p.RaftAddress == c.self().Address {
			continue
		}
		all.Go(func() {
			g, err := c.hello(ctx, port.Server{ID: p.ID, Address: p.RaftAddress})
			g.named = p.Named
			if err != nil {
				c.logged.unmet.Say(c.log.Info, "peer does not answer", "peer", p.ID, "address", p.RaftAddress, "error", err)
				return
			}
			if g.ID == c.id && g.Server != c.self() {
				c.log.Error("another node has this node's id", "address", p.RaftAddress)
				return
			}
			mu.Lock()
			met = append(met, g)
			mu.Unlock()
		})
	}
	all.Wait()
	slices.SortFunc(met, func(a, b greeting) int { return cmp.Compare(a.ID, b.ID) })
	return met
}

// pause waits for d or until gossip hears something new. It returns ctx's error if ctx ends first.
func (c *Cluster) pause(ctx context.Context, d time.Duration) error {
	var changed <-chan struct{}
	if c.discovery != nil {
		changed = c.discovery.Changed()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-ctx.Done():
	}
	return ctx.Err()
}
