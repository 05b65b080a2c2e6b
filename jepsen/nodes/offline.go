package nodes

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Offline kills the process, if it runs, and calls f while nobody can start it: for what is done to
// the files of a node. It stays dead. F must be quick and need no other node: whoever wants
// anything of this one waits meanwhile, perhaps somebody who has stopped the other.
func (n *Node) Offline(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(syscall.SIGKILL, time.Minute)
	n.killed = true
	return f()
}

// Hold kills the process, if it runs, and keeps everybody from starting it until Release: for what
// takes a while, and may need other nodes. Other calls do not wait for it, as they do for Offline:
// whoever finds that the node does not run leaves it to the one who holds it.
func (n *Node) Hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held++
	n.end(syscall.SIGKILL, time.Minute)
	n.killed = true
}

// Release ends one Hold. The node does not run as long as another one lasts.
func (n *Node) Release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held--
}

// Replace says which binary the node's next start is of: the other one, or its own again. It
// reports false when there is no other.
func (n *Node) Replace(other bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cluster.cfg.Other == "" {
		return false
	}
	n.other = other
	return true
}

// Control is the file that a node of a tagged binary reads its faults from, see internal/faults;
// nobody does when Config.Tagged is false.
func (n *Node) Control() string { return filepath.Join(n.cluster.cfg.Dir, "faults-"+n.Name+".json") }

// Tagged reports whether the nodes read their Control files.
func (c *Cluster) Tagged() bool { return c.cfg.Tagged }

// Plain makes a cluster of nodes that have names and nothing else, for tests of what only chooses
// among them.
func Plain(size int) *Cluster {
	c := &Cluster{}
	for i := range size {
		c.nodes = append(c.nodes, &Node{cluster: c, Name: name(i)})
	}
	return c
}

// Empty kills the process, if it runs, and empties its data folder.
func (n *Node) Empty() error {
	return n.Offline(func() error { return os.RemoveAll(n.Data) })
}
