package nodes

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Offline kills the process, if it runs, and calls f while nobody can start it, to change the
// node's files. The process stays dead. f must be quick and need no other node: every other caller
// of this node waits meanwhile, perhaps one that has stopped the other node.
func (n *Node) Offline(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(syscall.SIGKILL, time.Minute)
	n.killed = true
	return f()
}

// Hold kills the process, if it runs, and keeps everybody from starting it until Release: for
// operations that take a while and may need other nodes. Unlike with Offline, other calls do not
// wait: they leave a held node alone.
func (n *Node) Hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held++
	n.end(syscall.SIGKILL, time.Minute)
	n.killed = true
}

// Release ends one Hold. The node stays down while another Hold lasts.
func (n *Node) Release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held--
}

// Replace sets which binary the node's next start uses: the other one, or its own. It returns false
// if there is no other.
func (n *Node) Replace(other bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cluster.cfg.Other == "" {
		return false
	}
	n.other = other
	return true
}

// Control returns the file from which a node of a tagged binary reads its faults; see
// internal/faults. Nothing reads it if Config.Tagged is false.
func (n *Node) Control() string { return filepath.Join(n.cluster.cfg.Dir, "faults-"+n.Name+".json") }

// Tagged reports whether the nodes read their Control files.
func (c *Cluster) Tagged() bool { return c.cfg.Tagged }

// Plain makes a cluster of nodes with names and nothing else, for tests of code that only chooses
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
