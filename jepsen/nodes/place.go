package nodes

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"

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

// freeAddresses finds three ports that nobody uses now, for TCP and UDP. They lie below those that
// the kernel assigns to proxies and callers: a node that was down must find its ports free when it
// starts again.
func freeAddresses() (links.Addresses, error) {
	var held []io.Closer
	defer func() {
		for _, h := range held {
			h.Close()
		}
	}()
	take := func() (string, error) {
		var err error
		for range 1000 {
			address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(ports))
			if _, taken := given.LoadOrStore(address, true); taken {
				continue
			}
			var l net.Listener
			if l, err = net.Listen("tcp", address); err != nil {
				continue
			}
			held = append(held, l)
			var u net.PacketConn
			if u, err = net.ListenPacket("udp", address); err != nil {
				continue
			}
			held = append(held, u)
			return address, nil
		}
		return "", fmt.Errorf("no free port between %d and %d: %w", firstPort, firstPort+ports, err)
	}
	var a links.Addresses
	var err error
	for _, to := range []*string{&a.Raft, &a.Gossip, &a.HTTP} {
		if *to, err = take(); err != nil {
			return a, err
		}
	}
	return a, nil
}

// given are the addresses of the clusters of this process. A node may be down, and its ports free,
// while another run looks for ports.
var given sync.Map

// giveBack makes the addresses available again.
func giveBack(a links.Addresses) {
	for _, address := range []string{a.Raft, a.Gossip, a.HTTP} {
		given.Delete(address)
	}
}

// Linux assigns ports from 32768 on by default.
const (
	firstPort = 20_000
	ports     = 12_000
)
