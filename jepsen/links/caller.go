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
// whoever else calls is this process.
func (n *Net) caller(c *net.TCPConn) string {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	local, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return "nobody"
	}
	inode, err := inodeOf(remote, local)
	if err != nil {
		return "nobody" // it hung up already
	}
	if node, ok := n.holders.find(inode, n.owned); ok {
		return node
	}
	return Client
}

// owned lists the processes that are somebody's.
func (n *Net) owned() map[int]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	pids := make(map[int]string, len(n.pids))
	for pid, node := range n.pids { // any order: a copy
		pids[pid] = node
	}
	return pids
}

// holders finds out who has a socket open. To look at every descriptor of every process takes
// milliseconds when there are thousands, as under a flood of calls, so all who ask while one look
// is under way share the next one: looking takes one processor at most, however many connections
// come.
type holders struct {
	mu     sync.Mutex
	flying bool
	next   *look // not begun; nil when nobody waits
}

// look is one pass over all descriptors, and those who wait for it.
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

// pass makes looks until nobody waits: the first in the caller's time, for whom it is, the others
// in the background.
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

// socketsOf lists the sockets that processes have open. One that has ended has none.
func socketsOf(pids map[int]string) map[string]string {
	of := map[string]string{}
	for pid, node := range pids { // any order: no socket is two processes'
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
