package nodes

import (
	"fmt"
	"os/exec"

	"aion.dev/aion/jepsen/links"
)

// Files limits the open files at the node's next starts, like ulimit -n; 0 = the suite's own limit.
func (n *Node) Files(limit int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.files = limit
}

// limited returns a command under the node's limit of open files. Go raises the soft limit to the
// hard one as it starts, so a shell sets both and then becomes the node.
func (n *Node) limited(binary string, args []string) *exec.Cmd {
	if n.files == 0 {
		return exec.Command(binary, args...)
	}
	return exec.Command("/bin/sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, n.files), binary}, args...)...)
}

// Listens returns the node's own addresses, which bypass the links; ok is false for a node in a
// namespace.
func (n *Node) Listens() (own links.Addresses, ok bool) { return n.own, n.space == nil }

// Frozen reports whether the process is stopped.
func (n *Node) Frozen() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.frozen
}
