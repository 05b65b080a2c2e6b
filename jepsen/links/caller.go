package links

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
)

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// sender names the node that gossips from an address.
func (n *Net) sender(a *net.UDPAddr) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if node, ok := n.gossip[a.String()]; ok {
		return node
	}
	return "nobody"
}

// caller names the node or worker whose process holds the other end of a connection, or Client:
// every other caller is this process.
func (n *Net) caller(c *net.TCPConn) string {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	local, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return "nobody"
	}
	inode, err := inodeOf(remote, local)
	if err != nil {
		return "nobody" // it has already closed the connection
	}
	if node, ok := n.holders.find(inode, n.owned); ok {
		return node
	}
	return Client
}

// owned lists the processes of nodes and workers.
func (n *Net) owned() map[int]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	pids := make(map[int]string, len(n.pids))
	for pid, node := range n.pids { // any order: a copy
		pids[pid] = node
	}
	return pids
}

// holders finds out which process has a socket open. Scanning every descriptor of every process
// takes milliseconds when there are thousands, as in a flood of calls. So all callers during one
// scan share the next one: scanning takes at most one processor, however many connections come.
type holders struct {
	mu     sync.Mutex
	flying bool
	next   *look // not begun; nil when nobody waits
}

// look is one scan over all descriptors, and its waiters.
type look struct {
	done chan struct{}
	of   map[string]string // by inode: the node; set before done is closed
}

func (h *holders) find(inode string, pids func() map[int]string) (string, bool) {
	h.mu.Lock()
	if h.next == nil {
		h.next = &look{done: make(chan struct{})}
	}
	l := h.next
	mine := !h.flying
	if mine {
		h.flying, h.next = true, nil
	}
	h.mu.Unlock()
	if mine {
		h.pass(l, pids)
	}
	<-l.done
	node, ok := l.of[inode]
	return node, ok
}

// pass scans until nobody waits: the first scan in the caller's goroutine, on its behalf, the
// others in the background.
func (h *holders) pass(l *look, pids func() map[int]string) {
	l.of = socketsOf(pids())
	close(l.done)
	h.mu.Lock()
	next := h.next
	h.flying, h.next = next != nil, nil
	h.mu.Unlock()
	if next != nil {
		go h.pass(next, pids)
	}
}

// socketsOf lists the sockets that processes have open. A process that has ended has none.
func socketsOf(pids map[int]string) map[string]string {
	of := map[string]string{}
	for pid, node := range pids { // any order: no two processes share a socket
		dir := "/proc/" + strconv.Itoa(pid) + "/fd/"
		d, err := os.Open(dir)
		if err != nil {
			continue
		}
		files, _ := d.Readdirnames(-1)
		d.Close()
		for _, f := range files {
			if to, err := os.Readlink(dir + f); err == nil && strings.HasPrefix(to, "socket:[") {
				of[to[len("socket:["):len(to)-1]] = node
			}
		}
	}
	return of
}
