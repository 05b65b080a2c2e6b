package clustertest

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/folder"
	"github.com/hashicorp/go-hclog"
)

// Node is one node across crashes and restarts.
type Node struct {
	*cluster.Cluster // of the latest start; nil before the first
	Index            int
	ID               string
	Address          string
	Stopped          error  // what Run returned, once the node is down
	JoinToken        string // its cluster.join_token at the next start

	all  *Cluster
	disk *disk
	stop context.CancelFunc
	done chan struct{} // closed when Run has returned; nil when the node is down

	mu    sync.Mutex
	wins  []Win
	fatal []error
	stall chan struct{} // closed to release its state; nil while it is healthy
	clock time.Duration // how far its wall clock is ahead of the bubble's
}

// Win is one period of leading.
type Win struct {
	Term  uint64
	Ended bool // its ctx has ended and Lead has returned
}

// Start starts a node that is down: a spare one, a crashed or stopped one, or one that was wiped,
// which then joins.
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
	var room func() (free, size uint64, err error)
	if all := n.all.opts.Room; all != nil {
		room = func() (free, size uint64, err error) { return all(n.Index) }
	}
	tuned := n.all.opts.Raft
	if tune := n.all.opts.Tune; tune != nil {
		tune(n.Index, &tuned)
	}
	opened, err := cluster.Open(cluster.Config{
		NodeID:          n.ID,
		DataDir:         "data",
		HTTPAddress:     "http-" + n.Address + ":80",
		Version:         "test",
		BootstrapExpect: expect,
		JoinToken:       n.JoinToken,
		Guarded:         n.all.opts.Guarded,
		HoldLevel:       n.all.opts.Hold != nil && n.all.opts.Hold(n.Index),
		Raft:            tuned,
		State:           cluster.StateConfig{CacheBytes: 1 << 20}, // not paranoid: that costs as much per entry as the state is large; see Check
		Logger:          n.logger(),
		Fatal:           n.note,
		Disk:            folder.DiskConfig{Room: room},
		Parts: &cluster.Parts{
			FS: n.disk.files, Stores: n.disk.stores(), Promises: n.disk.promise, Link: wire, Caller: caller, Discovery: n.all.peers, Wall: n.wall, Stall: n.stalled,
		},
	})
	if err != nil {
		n.all.net.unplug(n.Address)
		n.all.t.Fatalf("node %s cannot be opened: %v", n.ID, err)
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

// lead records a win and runs Options.Lead.
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

// Fatal returns the errors that this node's fatal hook received.
func (n *Node) Fatal() []error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.fatal)
}

// Died waits until a failed node has stopped by itself, and returns why.
func (n *Node) Died() error {
	<-n.done
	n.done = nil
	return n.Stopped
}

// logger writes to the test's log if AION_CLUSTERTEST_LOG is set, because raft logs a lot.
func (n *Node) logger() hclog.Logger {
	if os.Getenv("AION_CLUSTERTEST_LOG") == "" {
		return hclog.NewNullLogger()
	}
	return hclog.New(&hclog.LoggerOptions{Name: n.ID, Level: hclog.Debug, Output: n.all.t.Output()})
}

// Up reports whether the node runs.
func (n *Node) Up() bool { return n.done != nil }

// Stop shuts a node down in an orderly way and waits for it.
func (n *Node) Stop() {
	n.stop()
	<-n.done
	n.done = nil
}

func (n *Node) sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return n.Sync(ctx)
}
