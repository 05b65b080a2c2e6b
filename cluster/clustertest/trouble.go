package clustertest

import (
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster/gossip"
)

// StallState makes this node's state hang before the next entry that it applies, while its log
// continues. FreeState ends that.
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

// SetClock sets how far this node's wall clock is ahead of the bubble's.
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

// Freeze makes a node receive and send nothing until Thaw, like a stopped process.
func (n *Node) Freeze() { n.all.net.kill(n.Address, true) }

// Thaw ends Freeze.
func (n *Node) Thaw() { n.all.net.kill(n.Address, false) }

// Kill is Crash, but the node's machine lives, and tells the others that the process has ended.
func (n *Node) Kill() {
	n.all.t.Helper()
	n.all.net.end(n.Address)
	n.Crash()
}

// Crash ends a node like a power loss, silently: what it has not synced is gone, and no message
// from it arrives any more. Messages that others sent before are still handled, by a node that
// nobody hears.
func (n *Node) Crash() {
	n.all.t.Helper()
	n.all.net.kill(n.Address, true)
	synctest.Wait() // an answer on its way has left the network or is lost; none leaves from here on
	after, err := n.disk.crash()
	if err != nil {
		n.all.t.Fatal(err)
	}
	n.disk.gate.open() // what still waits reaches the old disk, and nobody
	n.Stop()
	n.disk = after
	n.all.net.kill(n.Address, false)
}

// Wipe replaces the disk of a node that is down with an empty one. Its next start is that of
// another node at the same address, with a new id.
func (n *Node) Wipe() {
	n.disk = newDisk()
	n.ID += "-again"
	n.all.peers.rename(n.Index, n.ID)
}

// Clone returns a second process of a node, with a copy of its current disk and an address of its
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
	n.all.peers.add(gossip.Peer{ID: n.ID, RaftAddress: address, Status: "alive"})
	return clone
}
