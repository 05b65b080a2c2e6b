package nodes

import (
	"fmt"
	"net"
	"strconv"

	"aion.dev/aion/internal/freeport"
	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
)

// Ports of nodes in namespaces: the same for each, because each has an address of its own.
const (
	HTTPPort   = 7600
	RaftPort   = 7601 // raft, node calls and archives
	GossipPort = 7602
)

// connect makes the switch, with an end from which clients and workers call.
func (c *Cluster) connect() error {
	ends := []string{links.Client}
	for i := range c.cfg.Nodes {
		ends = append(ends, name(i))
	}
	s, err := netns.New(ends...)
	if err != nil {
		return err
	}
	c.Switch, c.Links.Dial = s, s.Space(links.Client).Dial
	return nil
}

func name(i int) string { return fmt.Sprintf("n%d", i+1) }

// place gives a node its addresses: own, where it listens; advertise, where other nodes reach it;
// Public, where clients and workers do; looks, where the suite observes it past all faults.
func (c *Cluster) place(n *Node) (err error) {
	if c.Switch == nil {
		if n.own, err = freeAddresses(); err != nil {
			return err
		}
		n.Public, err = c.Links.Expose(n.Name, n.own)
		n.advertise, n.looks = n.Public, n.own.HTTP
		return err
	}
	at := func(port int) string { return net.JoinHostPort(c.Switch.IP(n.Name), strconv.Itoa(port)) }
	n.own = links.Addresses{Raft: at(RaftPort), Gossip: at(GossipPort), HTTP: at(HTTPPort)}
	n.advertise = n.own
	if n.Public, err = c.Links.Expose(n.Name, n.own); err != nil {
		return err
	}
	// Only clients and workers go through proxies, and their calls go through the switch.
	n.Public.Raft, n.Public.Gossip = n.own.Raft, n.own.Gossip
	door, err := c.Switch.Door(n.Name, n.own.HTTP)
	if err != nil {
		return err
	}
	n.looks, n.space = door.Address(), c.Switch.Space(n.Name)
	return nil
}

// freeAddresses finds three ports that nobody uses now, for TCP and UDP.
func freeAddresses() (links.Addresses, error) {
	row, err := freeport.Take(3)
	if err != nil {
		return links.Addresses{}, err
	}
	return links.Addresses{Raft: row[0], Gossip: row[1], HTTP: row[2]}, nil
}
