package port

import (
	"fmt"
	"net"
	"sync"
)

// conn is a connection that the port can end.
type conn struct {
	net.Conn
	raw  net.Conn // the connection below TLS
	port *Port
	once sync.Once
	kind byte
	to   Server       // the node that this node dialled
	from Introduction // the node that dialled this node

	stranger bool   // dialled by a node that is not a member
	serial   uint64 // grows with each connection
}

func (c *conn) Close() error {
	c.once.Do(func() {
		c.port.mu.Lock()
		delete(c.port.open, c)
		c.port.mu.Unlock()
	})
	return c.Conn.Close()
}

// addr is an address in the form that others dial, which may be a name.
type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// track counts a connection until it is closed, so that Close reaches it. At the limit, the oldest
// connection of a non-member gives way to a connection from or to a member: well-behaved strangers,
// such as nodes that ask to join, must not keep members apart.
func (p *Port) track(pc *conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return net.ErrClosed
	case len(p.open) >= p.cfg.MaxConnections && (pc.stranger || !p.evict()):
		return fmt.Errorf("%d connections are open, the most allowed", p.cfg.MaxConnections)
	}
	p.tracked++
	pc.serial = p.tracked
	p.open[pc] = struct{}{}
	return nil
}

// evict ends the oldest connection of a stranger and reports whether there was one. The caller
// holds p.mu.
func (p *Port) evict() bool {
	var oldest *conn
	for c := range p.open {
		if c.stranger && (oldest == nil || c.serial < oldest.serial) {
			oldest = c
		}
	}
	if oldest == nil {
		return false
	}
	p.said.evicted.Say(p.cfg.Logger.Warn, "node port: too many connections, ending the oldest of a non-member",
		"max", p.cfg.MaxConnections, "of", oldest.from.From)
	delete(p.open, oldest)
	oldest.raw.Close() // its reader and writer then fail and close it
	return true
}

// CloseOthers ends raft's connections from here to a node at every address except keep, so that no
// process there can still acknowledge what was sent to it.
func (p *Port) CloseOthers(id, keep string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		if c.kind == streamRaft && c.to.ID == id && c.to.Address != keep {
			c.raw.Close() // its reader and writer then fail and close it
		}
	}
}
