package clustertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/await"
	"github.com/hashicorp/go-hclog"
)

// Cluster is a number of nodes in the bubble of one test. Its methods are for the test's goroutine.
type Cluster struct {
	t     testing.TB
	opts  Options
	net   *network
	peers *peers
	Nodes []*Node
}

// Options change what New makes. The zero value is usable.
type Options struct {
	Spare   int           // nodes beyond n that are not started and know where to join
	Latency time.Duration // of every message, there and back
	Raft    cluster.RaftConfig
	// Beside is a cluster that shares the network: the nodes of both have the same ids, and their
	// own addresses.
	Beside *Cluster
	Clocks []time.Duration // by which the first nodes' wall clocks are ahead from the start
	// Lead is what a leader does on node i; nil waits for the end of ctx.
	Lead func(i int, ctx context.Context, term uint64)
}

// Node is one node, through crashes and restarts.
type Node struct {
	*cluster.Cluster // of the newest start; nil before the first
	Index            int
	ID               string
	Address          string
	Stopped          error // what Run returned, once the node is down

	all  *Cluster
	disk *disk
	stop context.CancelFunc
	done chan struct{} // closed when Run has returned; nil when the node is down

	mu    sync.Mutex
	wins  []Win
	fatal []error
	stall chan struct{} // closed to let its state go on; nil while it is healthy
	clock time.Duration // by which its wall clock is ahead of the bubble's
}

// StallState makes this node's state hang before the next entry that it applies, while its log goes on; FreeState ends that.
func (n *Node) StallState() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stall = make(chan struct{})
}

// FreeState ends StallState.
func (n *Node) FreeState() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.stall)
	n.stall = nil
}

func (n *Node) stalled() {
	n.mu.Lock()
	stall := n.stall
	n.mu.Unlock()
	if stall != nil {
		<-stall
	}
}

// SetClock makes this node's wall clock show a time that is ahead of the bubble's.
func (n *Node) SetClock(ahead time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clock = ahead
}

func (n *Node) wall(now time.Time) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return now.Add(n.clock)
}

// Win is one time of leading.
type Win struct {
	Term  uint64
	Ended bool // its ctx has ended, and Lead returned
}

// New starts n nodes that found a cluster together, inside the caller's synctest bubble, and stops them when the test ends. It returns once there is a
// leader and everybody knows.
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
		c.peers.list = append(c.peers.list, cluster.Peer{ID: c.Nodes[i].ID, RaftAddress: c.Nodes[i].Address, Status: "alive"})
	}
	t.Cleanup(c.stopAll)
	for i, ahead := range opts.Clocks {
		c.Nodes[i].SetClock(ahead)
	}
	for _, node := range c.Nodes[:n] {
		node.start(n)
	}
	if n > 0 {
		c.Settle()
	}
	return c
}

// Start starts a node that is down: a spare one, a crashed or stopped one, or one that was wiped, which joins.
func (n *Node) Start() {
	n.all.t.Helper()
	n.start(0)
}

func (n *Node) start(expect int) {
	n.all.t.Helper()
	if n.done != nil {
		n.all.t.Fatalf("node %s is running", n.ID)
	}
	wire, caller := n.all.net.plug(n.ID, n.Address)
	opened, err := cluster.Open(cluster.Config{
		NodeID:          n.ID,
		DataDir:         "data",
		HTTPAddress:     "http-" + n.Address + ":80",
		Version:         "test",
		BootstrapExpect: expect,
		Raft:            n.all.opts.Raft,
		State:           cluster.StateConfig{CacheBytes: 1 << 20}, // not paranoid: that costs as much per entry as the state is large; see Check
		Logger:          n.logger(),
		Fatal:           n.note,
		Parts: &cluster.Parts{
			FS: n.disk.files, Stores: n.disk.stores(), Promises: n.disk.promise, Link: wire, Caller: caller, Discovery: n.all.peers, Wall: n.wall, Stall: n.stalled,
		},
	})
	if err != nil {
		n.all.net.unplug(n.Address)
		n.all.t.Fatalf("node %s does not open: %v", n.ID, err)
	}
	n.all.net.mu.Lock()
	wire.self = opened.Introduction
	n.all.net.mu.Unlock()
	ctx, stop := context.WithCancel(context.Background())
	n.Cluster, n.stop, n.done, n.Stopped = opened, stop, make(chan struct{}), nil
	go func(done chan struct{}) {
		defer close(done)
		n.Stopped = opened.Run(ctx, n.lead)
		n.all.net.unplug(n.Address)
	}(n.done)
}

// lead notes that it leads.
func (n *Node) lead(ctx context.Context, term uint64) {
	n.mu.Lock()
	n.wins = append(n.wins, Win{Term: term})
	mine := len(n.wins) - 1
	n.mu.Unlock()
	if n.all.opts.Lead != nil {
		n.all.opts.Lead(n.Index, ctx, term)
	}
	<-ctx.Done()
	n.mu.Lock()
	n.wins[mine].Ended = true
	n.mu.Unlock()
}

// Wins returns every call of Lead on this node, over all starts.
func (n *Node) Wins() []Win {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.wins)
}

func (n *Node) note(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fatal = append(n.fatal, err)
}

// Fatal returns what this node's fatal hook was told.
func (n *Node) Fatal() []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.fatal)
}

// Died waits until a node that must not go on has stopped by itself, and returns why.
func (n *Node) Died() error {
	<-n.done
	n.done = nil
	return n.Stopped
}

// logger writes to the test's log when AION_CLUSTERTEST_LOG is set: raft says a lot.
func (n *Node) logger() hclog.Logger {
	if os.Getenv("AION_CLUSTERTEST_LOG") == "" {
		return hclog.NewNullLogger()
	}
	return hclog.New(&hclog.LoggerOptions{Name: n.ID, Level: hclog.Debug, Output: n.all.t.Output()})
}

// Clone makes another process of a node out of a copy of its disk as it is, at an address of its
// own. It is not started.
func (n *Node) Clone(address string) *Node {
	n.all.t.Helper()
	disk, err := n.disk.crash()
	if err != nil {
		n.all.t.Fatal(err)
	}
	disk.promise = n.disk.promise.copy()
	clone := &Node{Index: len(n.all.Nodes), ID: n.ID, Address: address, all: n.all, disk: disk}
	n.all.Nodes = append(n.all.Nodes, clone)
	n.all.peers.add(cluster.Peer{ID: n.ID, RaftAddress: address, Status: "alive"})
	return clone
}

// Freeze makes a node neither hear nor say anything until Thaw, as a stopped process does.
func (n *Node) Freeze() { n.all.net.kill(n.Address, true) }

// Thaw ends Freeze.
func (n *Node) Thaw() { n.all.net.kill(n.Address, false) }

// Up reports whether the node runs.
func (n *Node) Up() bool { return n.done != nil }

// Stop ends a node in an orderly way and waits for it.
func (n *Node) Stop() {
	n.stop()
	<-n.done
	n.done = nil
}

// Crash ends a node as losing its power would: what it has not synced is gone, and nobody hears from it again. What others had sent is still handled
// here, in a node that is dead to them.
func (n *Node) Crash() {
	n.all.t.Helper()
	n.all.net.kill(n.Address, true)
	synctest.Wait() // an answer that was on its way has come out of the network or is lost; none leaves from here on
	after, err := n.disk.crash()
	if err != nil {
		n.all.t.Fatal(err)
	}
	n.Stop()
	n.disk = after
	n.all.net.kill(n.Address, false)
}

// Wipe replaces the disk of a node that is down by an empty one. Its next start is that of another node at the same address, with a new id.
func (n *Node) Wipe() {
	n.disk = newDisk()
	n.ID += "-again"
	n.all.peers.rename(n.Index, n.ID)
}

// Partition cuts the network between groups of nodes: nodes of the same group reach each other, and nobody else. Nodes that are not named are alone.
func (c *Cluster) Partition(groups ...[]*Node) {
	for i, a := range c.Nodes {
		for _, b := range c.Nodes[i+1:] {
			together := slices.ContainsFunc(groups, func(g []*Node) bool { return slices.Contains(g, a) && slices.Contains(g, b) })
			c.net.set(a.Address, b.Address, !together)
		}
	}
}

// Slow makes every message between two nodes take so much longer, until Heal. It needs a Latency from the start.
func (c *Cluster) Slow(a, b *Node, by time.Duration) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.net.slow[pair(a.Address, b.Address)] = by
}

// Heal mends the whole network.
func (c *Cluster) Heal() {
	c.Partition(c.Nodes)
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	clear(c.net.slow)
}

// Isolate cuts one node off from all others.
func (c *Cluster) Isolate(n *Node) { c.Partition(c.Others(n)) }

// Others returns all nodes but n.
func (c *Cluster) Others(n *Node) (others []*Node) {
	for _, o := range c.Nodes {
		if o != n {
			others = append(others, o)
		}
	}
	return others
}

// patience bounds, in the bubble's time, what should happen soon. Some seconds of a cluster with much
// to do take as many real ones, so that Until takes no longer than await.Patience in real time.
const patience = 2 * time.Minute

// Until waits until f answers nil, and fails the test when it does not.
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

// Leader waits for a leader among the nodes that are up and returns it. After a partition a deposed leader may not know yet: see LeaderOf.
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

func (n *Node) sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return n.Sync(ctx)
}

// Settle waits until there is a leader, and every node that is up and reached is ready, and knows it.
func (c *Cluster) Settle() {
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

// Propose proposes on whoever leads, again while nothing happened, and returns the outcome. Unknown outcomes are the caller's.
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

// Check waits until all nodes that are up have applied the same, and asserts that they hold the same state and that it is sound.
func (c *Cluster) Check() {
	c.t.Helper()
	c.Settle()
	leader := c.Leader()
	digests := map[*Node]catalog.Digest{}
	c.Until("the same index everywhere", func() error { // and of that one moment: a cluster that works goes on meanwhile
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
		if err := n.State().CheckInvariants(); err != nil {
			c.t.Errorf("node %s: %v", n.ID, err)
		}
	}
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
	// raft does not wait for the goroutines of a transfer, nor for messages to nodes that are gone: those end by their time-outs.
	<-time.After(time.Minute)
}
