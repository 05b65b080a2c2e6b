package nodes

import (
	"fmt"
	"os/exec"

	"aion.dev/aion/jepsen/links"
)

// Files limits the open files of the node's next starts, as ulimit -n does; 0 = as the suite's own.
func (n *Node) Files(limit int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.files = limit
}

// limited is a command under the node's limit of open files. Go raises the soft limit to the hard
// one as it starts, so both are set, by a shell that becomes the node.
func (n *Node) limited(binary string, args []string) *exec.Cmd {
	if n.files == 0 {
		return exec.Command(binary, args...)
	}
	return exec.Command("/bin/sh", append([]string{"-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, n.files), binary}, args...)...)
}

// Listens are the node's own addresses, past the links; not those of a node in a namespace.
func (n *Node) Listens() (own links.Addresses, ok bool) { return n.own, n.space == nil }

// Frozen reports whether the process is stopped.
func (n *Node) Frozen() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.frozen
}
