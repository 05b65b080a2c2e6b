package authority

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// firstPort is where a node serves callers by default; raft and gossip take the next two ports.
const firstPort = 7600

// ports is how many ports a node has.
const ports = 3

// Node is one node: its id, the host at which others reach it, and the first of its three ports.
type Node struct {
	ID, Host string
	Port     int
}

// ParseNode parses ID=HOST or ID=HOST:PORT.
func ParseNode(text string) (Node, error) {
	id, at, ok := strings.Cut(text, "=")
	if !ok || id == "" || at == "" {
		return Node{}, fmt.Errorf("%q is not ID=HOST or ID=HOST:PORT", text)
	}
	if err := checkName("id", id); err != nil {
		return Node{}, err
	}
	n := Node{ID: id, Host: at, Port: firstPort}
	if host, port, err := net.SplitHostPort(at); err == nil {
		n.Host = host
		if n.Port, err = strconv.Atoi(port); err != nil || n.Port < 1 || n.Port > 65536-ports {
			return Node{}, fmt.Errorf("%q: the port is not within 1 to 65533; the two above it are taken too", text)
		}
	}
	n.Host = strings.Trim(n.Host, "[]")
	if ip := net.ParseIP(n.Host); ip == nil && (n.Host == "" || strings.ContainsAny(n.Host, ":/ ")) {
		return Node{}, fmt.Errorf("%q: %q is neither a host name nor an address", text, n.Host)
	} else if ip != nil && ip.IsUnspecified() {
		return Node{}, fmt.Errorf("%q: nobody reaches a node at %s; name the host as others know it", text, n.Host)
	}
	return n, nil
}

// checkName rejects an invalid name of a cluster or node; serve has the same rule.
func checkName(what, name string) error {
	if name == "" || len(name) > 63 || name[0] == '.' || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		return fmt.Errorf("%q is not a valid %s: 1 to 63 characters of A-Z a-z 0-9 . _ - and not a dot first", name, what)
	}
	return nil
}

// conflicts rejects a node with the id or the ports of another one.
func (n Node) conflicts(others []Node) error {
	for _, o := range others {
		if n.ID == o.ID {
			return fmt.Errorf("node %s is there already, at %s", n.ID, o.at(0))
		}
		if n.Host == o.Host && n.Port < o.Port+ports && o.Port < n.Port+ports {
			return fmt.Errorf("node %s at %s takes ports of node %s: each has three, %d to %d there", n.ID, n.at(0), o.ID, o.Port, o.Port+ports-1)
		}
	}
	return nil
}

// at returns where others reach port number i of the node.
func (n Node) at(i int) string { return net.JoinHostPort(n.Host, strconv.Itoa(n.Port+i)) }

// listen returns where the node listens for port number i: on loopback only if its host is
// loopback.
func (n Node) listen(i int) string {
	host := "0.0.0.0"
	switch ip := net.ParseIP(n.Host); {
	case ip != nil && ip.IsLoopback() || n.Host == "localhost":
		host = n.Host
	case ip != nil && ip.To4() == nil:
		host = "::"
	}
	return net.JoinHostPort(host, strconv.Itoa(n.Port+i))
}
