package cluster

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

// gossipTransport is memberlist's own transport with an end: memberlist leaves streams, and those who wait on them, behind when it shuts down.
type gossipTransport struct {
	*memberlist.NetTransport
	ctx     context.Context // of dialling
	cancel  context.CancelFunc
	streams chan net.Conn
	drained chan struct{} // ends relay, once nothing can come any more
	over    sync.WaitGroup

	mu     sync.Mutex // over everything below
	closed bool
	open   map[*gossipConn]struct{}
}

// openGossipTransport listens. memberlist's transport logs whatever a stranger sends it, so it
// needs a logger: with none, one empty datagram ended the process.
func openGossipTransport(listen string, logger *log.Logger) (*gossipTransport, error) {
	host, port, err := splitAddress("gossip.address", listen)
	if err != nil {
		return nil, err
	}
	t := &gossipTransport{streams: make(chan net.Conn), drained: make(chan struct{}), open: map[*gossipConn]struct{}{}}
	// With port 0 the kernel picks a TCP port whose UDP twin may be taken.
	for range 10 {
		t.NetTransport, err = memberlist.NewNetTransport(&memberlist.NetTransportConfig{BindAddrs: []string{host}, BindPort: port, Logger: logger})
		if err == nil || port != 0 {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("gossip.address %s: %w", listen, err)
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.over.Go(t.relay)
	return t, nil
}

// StreamCh implements memberlist.Transport.
func (t *gossipTransport) StreamCh() <-chan net.Conn { return t.streams }

// relay hands accepted streams on, tracked. It runs until the listeners have ended: they would block on a stream that nobody takes.
func (t *gossipTransport) relay() {
	for {
		select {
		case raw := <-t.NetTransport.StreamCh():
			c := t.track(raw)
			if c == nil {
				continue
			}
			select {
			case t.streams <- c:
			case <-t.ctx.Done():
				c.Close()
			}
		case <-t.drained:
			return
		}
	}
}

// DialTimeout implements memberlist.Transport.
func (t *gossipTransport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: addr}, timeout)
}

// DialAddressTimeout implements memberlist.NodeAwareTransport.
func (t *gossipTransport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout}
	raw, err := d.DialContext(t.ctx, "tcp", a.Addr)
	if err != nil {
		return nil, err
	}
	if c := t.track(raw); c != nil {
		return c, nil
	}
	return nil, net.ErrClosed
}

// track counts a stream until it is closed; after Shutdown it closes it instead.
func (t *gossipTransport) track(raw net.Conn) net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		raw.Close()
		return nil
	}
	c := &gossipConn{Conn: raw, of: t}
	t.open[c] = struct{}{}
	return c
}

// Shutdown implements memberlist.Transport.
func (t *gossipTransport) Shutdown() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	for c := range t.open {
		c.Conn.Close()
	}
	t.mu.Unlock()
	t.cancel()
	err := t.NetTransport.Shutdown()
	close(t.drained)
	t.over.Wait()
	return err
}

type gossipConn struct {
	net.Conn
	of *gossipTransport
}

func (c *gossipConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
