package gossip

import (
	"container/list"
	"context"
	"fmt"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// transport is memberlist's own transport with a clean shutdown: memberlist itself leaves streams,
// and goroutines waiting for them, behind.
type transport struct {
	*memberlist.NetTransport
	ctx     context.Context // for dialling
	cancel  context.CancelFunc
	key     []byte
	log     *log.Logger
	packets chan *memberlist.Packet
	streams chan net.Conn
	dropped atomic.Uint64 // packets and streams that were withheld from memberlist
	drained chan struct{} // ends relay, once nothing more can arrive
	over    sync.WaitGroup

	mu     sync.Mutex // guards the fields below
	closed bool
	open   map[*conn]struct{}
	silent list.List // of incoming *conn, oldest first
}

// maxStreams bounds incoming streams. Each ends within seconds, so at the limit the oldest gives
// way.
const maxStreams = 16

// openTransport listens. memberlist's transport logs whatever a stranger sends, so it needs a
// logger: without one, a single empty datagram ended the process.
func openTransport(listen string, key []byte, logger *log.Logger) (*transport, error) {
	host, port, err := splitAddress("gossip.address", listen)
	if err != nil {
		return nil, err
	}
	t := &transport{
		key: key, log: logger, packets: make(chan *memberlist.Packet), streams: make(chan net.Conn),
		drained: make(chan struct{}), open: map[*conn]struct{}{},
	}
	// With port 0 the kernel picks a TCP port whose UDP counterpart may be in use.
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
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// PacketCh implements memberlist.Transport.
func (t *transport) PacketCh() <-chan *memberlist.Packet { return t.packets }

// relay hands on packets and accepted streams, checked and tracked. It runs until the listeners
// have ended: they would block on a stream that nobody reads.
func (t *transport) relay() {
	for {
		select {
		case p := <-t.NetTransport.PacketCh():
			if err := checkPacket(t.key, p.Buf); err != nil {
				t.drop(p.From, err)
				continue
			}
			select {
			case t.packets <- p:
			case <-t.ctx.Done():
			}
		case raw := <-t.NetTransport.StreamCh():
			c := t.track(raw, true)
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
func (t *transport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: addr}, timeout)
}

// DialAddressTimeout implements memberlist.NodeAwareTransport.
func (t *transport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout}
	raw, err := d.DialContext(t.ctx, "tcp", a.Addr)
	if err != nil {
		return nil, err
	}
	if c := t.track(raw, false); c != nil {
		return c, nil
	}
	return nil, net.ErrClosed
}

// drop counts what is withheld from memberlist.
func (t *transport) drop(from net.Addr, why error) {
	t.dropped.Add(1)
	t.log.Printf("[WARN] dropped a message that no node sends, from=%s: %v", from, why)
}

// track counts a stream until it is closed. After Shutdown it closes the stream instead.
func (t *transport) track(raw net.Conn, incoming bool) net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		raw.Close()
		return nil
	}
	c := &conn{Conn: raw, of: t}
	t.open[c] = struct{}{}
	if incoming {
		if t.silent.Len() >= maxStreams {
			t.dropped.Add(1)
			t.silent.Remove(t.silent.Front()).(*conn).Conn.Close()
		}
		c.place = t.silent.PushBack(c)
	}
	return c
}

// Shutdown implements memberlist.Transport.
func (t *transport) Shutdown() error {
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
