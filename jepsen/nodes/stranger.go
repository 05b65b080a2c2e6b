package nodes

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"aion.dev/aion/jepsen/links"
)

// Strange configures a stranger.
type Strange struct {
	ID     string
	Join   []string // gossip addresses
	Expect int      // bootstrap_expect; 0: it only joins
	Flags  []string // more of its command line
}

// Stranger creates a node that does not belong to the cluster, with an empty folder and addresses
// of its own: a copy of a member, a node of another cluster, or one that comes and goes. The caller
// starts it and dismisses it; other faults and workloads do not know it. Its links stay
// undisturbed. It is not available where nodes are in namespaces.
func (c *Cluster) Stranger(word string, s Strange) (*Node, error) {
	if c.Switch != nil {
		return nil, errors.New("a switch has no room for strangers")
	}
	own, err := freeAddresses()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := fmt.Sprintf("%s-%d", word, len(c.strangers)+1)
	n := &Node{
		cluster: c, Name: name, as: s.ID, Data: filepath.Join(c.cfg.Dir, "data-"+name),
		own: own, advertise: own, looks: own.HTTP, Public: own,
	}
	n.joins, n.expect, n.flags = s.Join, s.Expect, s.Flags
	c.strangers = append(c.strangers, n)
	return n, nil
}

// Strangers lists all strangers so far, oldest first.
func (c *Cluster) Strangers() []*Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.strangers)
}

// Dismiss kills a stranger for good. Its log stays.
func (n *Node) Dismiss() error {
	return n.Offline(func() error {
		n.held++
		return os.RemoveAll(n.Data)
	})
}

// GossipAddresses returns the gossip addresses of all nodes of the cluster.
func (c *Cluster) GossipAddresses() (list []string) {
	for _, n := range c.nodes {
		list = append(list, n.At().Gossip)
	}
	return list
}

// At returns where others reach the node.
func (n *Node) At() links.Addresses {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.advertise
}

// TakePlace makes a stranger that is down listen, for other nodes, at o's address behind its links;
// o is down and held. The stranger still advertises its own addresses, where nothing listens now.
func (n *Node) TakePlace(o *Node) {
	o.mu.Lock()
	raft, gossip := o.own.Raft, o.own.Gossip
	o.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.listens.Raft, n.listens.Gossip = raft, gossip
}

// Meet makes a stranger that is down join at these gossip addresses.
func (n *Node) Meet(join []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.joins = join
}

// Trade swaps two nodes' addresses for other nodes, both where they listen and what they advertise.
// Both are down. Callers still find each at its old address.
func Trade(a, b *Node) {
	if a.Name > b.Name {
		a, b = b, a
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, swap := range [][2]*string{
		{&a.own.Raft, &b.own.Raft}, {&a.own.Gossip, &b.own.Gossip},
		{&a.advertise.Raft, &b.advertise.Raft}, {&a.advertise.Gossip, &b.advertise.Gossip},
	} {
		*swap[0], *swap[1] = *swap[1], *swap[0]
	}
}

// ErrDown means that a node does not run, or is frozen, and cannot be copied as it is.
var ErrDown = errors.New("it does not run")

// CopyRunning copies the node's data folder at one moment, as when a running machine is cloned: the
// process is stopped meanwhile.
func (n *Node) CopyRunning(to string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.running() || n.frozen {
		return ErrDown
	}
	pid := n.cmd.Process.Pid
	n.cmd.Process.Signal(syscall.SIGSTOP)
	defer n.cmd.Process.Signal(syscall.SIGCONT)
	for range 1000 { // the signal is not delivered at once
		if stopped(pid) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if !stopped(pid) {
		return fmt.Errorf("%s does not stand still", n.Name)
	}
	if out, err := exec.Command("cp", "-a", n.Data, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s: %w: %s", n.Data, err, out)
	}
	return nil
}

// stopped reports whether all threads of a process are stopped.
func stopped(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(b, []byte(") ")) // the name may hold anything
	return bytes.HasPrefix(rest, []byte("T"))
}
