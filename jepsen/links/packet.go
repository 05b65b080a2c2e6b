package links

import (
	"net"
	"sync"
	"time"
)

// relay forwards datagrams to a node. Each sender gets a socket of its own towards the node, so
// that the answers find their way back.
func (n *Net) relay(front *net.UDPConn, node, own string) error {
	target, err := net.ResolveUDPAddr("udp", own)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	back := map[string]*net.UDPConn{} // by sender
	n.mu.Lock()
	n.closers = append(n.closers, func() error {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range back {
			c.Close()
		}
		back = nil
		return front.Close()
	})
	n.mu.Unlock()
	n.parts.Go(func() {
		b := make([]byte, 64<<10)
		for {
			k, sender, err := front.ReadFromUDP(b)
			if err != nil {
				return
			}
			from := n.sender(sender)
			mu.Lock()
			c := back[sender.String()]
			if c == nil && back != nil {
				if c, err = net.DialUDP("udp", nil, target); err != nil {
					mu.Unlock()
					continue
				}
				back[sender.String()] = c
				n.parts.Go(func() { n.answers(c, front, sender, link{node, from, Gossip}) })
			}
			mu.Unlock()
			if c == nil {
				return
			}
			n.throw(append([]byte(nil), b[:k]...), link{from, node, Gossip}, func(p []byte) { c.Write(p) })
		}
	})
	return nil
}

// answers forwards a node's datagrams to one sender.
func (n *Net) answers(from, front *net.UDPConn, to *net.UDPAddr, l link) {
	b := make([]byte, 64<<10)
	for {
		k, err := from.Read(b)
		if err != nil {
			if _, _, over := n.rule(l); over {
				return
			}
			if e, ok := err.(net.Error); ok && !e.Timeout() && isClosed(err) {
				return
			}
			time.Sleep(time.Millisecond) // the node is down, and its port answers with an ICMP error
			continue
		}
		n.throw(append([]byte(nil), b[:k]...), l, func(p []byte) { front.WriteToUDP(p, to) })
	}
}

// throw sends one datagram according to the link's rule.
func (n *Net) throw(p []byte, l link, send func([]byte)) {
	r, _, _ := n.rule(l)
	delay, lost := n.draw(r)
	switch {
	case lost || r.Cut || r.Refuse:
	case delay == 0:
		send(p)
	default:
		n.parts.Go(func() {
			time.Sleep(delay)
			send(p)
		})
	}
}
