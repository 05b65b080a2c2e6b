package nodes

import (
	"path/filepath"
	"syscall"
	"time"
)

// Offline kills the process, if it runs, and calls f while nobody can start it: for what is done to the files of a node. It stays dead.
func (n *Node) Offline(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(syscall.SIGKILL, time.Minute)
	n.killed = true
	return f()
}

// Control is the file that a node of a tagged binary reads its faults from, see internal/faults; nobody does when Config.Tagged is false.
func (n *Node) Control() string { return filepath.Join(n.cluster.cfg.Dir, "faults-"+n.Name+".json") }

// Tagged reports whether the nodes read their Control files.
func (c *Cluster) Tagged() bool { return c.cfg.Tagged }

// Plain makes a cluster of nodes that have names and nothing else, for tests of what only chooses among them.
func Plain(size int) *Cluster {
	c := &Cluster{}
	for i := range size {
		c.nodes = append(c.nodes, &Node{cluster: c, Name: name(i)})
	}
	return c
}
