package gossip

import (
	"bytes"
	"container/list"
	"net"
)

// conn is a stream. In each direction it carries one message, which is read and checked as a whole
// before memberlist sees any of it.
type conn struct {
	net.Conn
	of    *transport
	place *list.Element // in silent; nil for a stream that this node opened

	read    bool // only used by memberlist's single reader
	message bytes.Reader
	failed  error
}

func (c *conn) Read(b []byte) (int, error) {
	if !c.read {
		c.read = true
		message, err := readMessage(c.Conn, c.of.key)
		if err != nil && len(message) > 0 {
			c.of.drop(c.RemoteAddr(), err)
		}
		c.message.Reset(message)
		c.failed = err
	}
	if c.failed != nil {
		return 0, c.failed
	}
	return c.message.Read(b)
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	if c.place != nil {
		c.of.silent.Remove(c.place) // no effect if it was evicted
	}
	c.of.mu.Unlock()
	return c.Conn.Close()
}
