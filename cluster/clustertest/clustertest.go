package clustertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// Cluster is a number of nodes in the bubble of one test. Only the test's goroutine may call its
// methods.
type Cluster struct {
	t     testing.TB
	opts  Options
	net   *network
	peers *peers
	Nodes []*Node
}

// Options configures New. The zero value is usable.
type Options struct {
	Spare   int           // nodes beyond n that are not started but know where to join
	Latency time.Duration // of every message, in each direction
	Raft    cluster.RaftConfig
	// Tune changes the Raft configuration of node i; nil = nothing.
	Tune func(i int, cfg *cluster.RaftConfig)
	// Beside is a cluster that shares the network. The nodes of both clusters have the same ids,
	// but different addresses.
	Beside *Cluster
	Clocks []time.Duration // how far the first nodes' wall clocks are ahead from the start
	// Room returns how much room the disk of node i has; nil = unknown.
	Room func(i int) (free, size uint64, err error)
	// Hold reports, at each start, whether node i holds the level; nil = none does.
	Hold    func(i int) bool
	Guarded bool // strangers need a join token
	// Lead runs on node i while it leads; nil waits for the end of ctx.
	Lead func(i int, ctx context.Context, term uint64)
}

// New starts n nodes that found a cluster together, inside the caller's synctest bubble, and stops
// them when the test ends. It returns once there is a leader and every node knows it.
func New(t testing.TB, n int) *Cluster { return NewWith(t, n, Options{}) }

// NewWith is New with options.
func NewWith(t testing.TB, n int, opts Options) *Cluster {
	t.Helper()
	net, street := newNetwork(opts.Latency), "mem"
	if opts.Beside != nil {
		net, street = opts.Beside.net, "other"
	}
	c := &Cluster{t: t, opts: opts, net: net, peers: &peers{changed: make(chan struct{})}}
	for i := range n + opts.Spare {
		c.Nodes = append(c.Nodes, &Node{Index: i, ID: fmt.Sprintf("n%d", i+1), Address: fmt.Sprintf("%s-%d", street, i+1), all: c, disk: newDisk()})
		c.peers.list = append(c.peers.list, gossip.Peer{ID: c.Nodes[i].ID, RaftAddress: c.Nodes[i].Address, Status: "alive"})
	}
	t.Cleanup(c.stopAll)
	for i, ahead := range opts.Clocks {
		c.Nodes[i].SetClock(ahead)
	}
	for _, node := range c.Nodes[:n] {
		node.start(n)
	}
	if n > 0 {
		c.WaitReady()
	}
	return c
}

// Others returns all nodes except n.
func (c *Cluster) Others(n *Node) (others []*Node) {
	for _, o := range c.Nodes {
		if o != n {
			others = append(others, o)
		}
	}
	return others
}

// Propose proposes on the current leader, retries while the error says that nothing happened, and
// returns the outcome. Unknown outcomes are returned to the caller.
func (c *Cluster) Propose(e fsm.Envelope) (result fsm.Result, err error) {
	c.t.Helper()
	c.Until("a proposal", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if result, err = c.Leader().Propose(ctx, e); err == nil || errors.As(err, new(*engine.Unknown)) {
			return nil
		}
		return err
	})
	return result, err
}

func (c *Cluster) stopAll() {
	for _, n := range c.Nodes {
		if n.Up() {
			n.stop()
		}
	}
	for _, n := range c.Nodes {
		if n.Up() {
			n.Stop()
		}
	}
	// raft does not wait for the goroutines of a transfer, nor for messages to nodes that are gone:
	// those end by their timeouts.
	<-time.After(time.Minute)
}
