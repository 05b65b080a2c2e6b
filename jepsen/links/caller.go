package links

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
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

// caller names the node whose process holds the other end of a connection, or Client for this process.
func (n *Net) caller(c *net.TCPConn) string {
	remote, ok := c.RemoteAddr().(*net.TCPAddr)
	local, ok2 := c.LocalAddr().(*net.TCPAddr)
	if !ok || !ok2 {
		return "nobody"
	}
	inode := inodeOf(remote.Port, local.Port)
	if inode == "" {
		return "nobody"
	}
	n.mu.Lock()
	pids := map[int]string{os.Getpid(): Client}
	for pid, node := range n.pids {
		pids[pid] = node
	}
	n.mu.Unlock()
	for pid, node := range pids {
		if holds(pid, inode) {
			return node
		}
	}
	return "nobody"
}

// inodeOf finds the socket on this machine that is bound to one port and connected to the other.
func inodeOf(port, to int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		want, other := fmt.Sprintf(":%04X", port), fmt.Sprintf(":%04X", to)
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) > 9 && strings.HasSuffix(fields[1], want) && strings.HasSuffix(fields[2], other) && fields[9] != "0" {
				f.Close()
				return fields[9]
			}
		}
		f.Close()
	}
	return ""
}

// holds reports whether a process has the socket open.
func holds(pid int, inode string) bool {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	files, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, f := range files {
		if to, err := os.Readlink(dir + "/" + f.Name()); err == nil && to == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}
