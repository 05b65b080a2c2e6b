package cluster

import (
	"container/list"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// accept never waits for a client: what a client has to say is read by a goroutine of its own, of which there are at most MaxPending.
func (p *Port) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			select {
			case <-p.closing:
				return
			case <-time.After(10 * time.Millisecond): // out of file descriptors, mostly: it passes
				p.said.failed.say(p.cfg.Logger.Warn, "node port cannot accept", "error", err)
				continue
			}
		}
		if e := p.admit(c); e != nil {
			p.parts.Go(func() { p.greet(c, e) })
		} else {
			c.Close()
		}
	}
}

// admit makes room for one more silent connection by ending the one that has been silent longest: a peer speaks within a round trip, so under a flood
// of silent clients peers still come through.
func (p *Port) admit(c net.Conn) *list.Element {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	if p.pending.Len() >= p.cfg.MaxPending {
		p.said.evicted.say(p.cfg.Logger.Warn, "node port: too many connections that say nothing, ending the oldest", "max", p.cfg.MaxPending)
		p.pending.Front().Value.(net.Conn).Close()
		p.pending.Remove(p.pending.Front())
	}
	return p.pending.PushBack(c)
}

// greet reads what a connection is for and hands it over. The goroutine of a connection that gave way ends by that connection's error.
func (p *Port) greet(raw net.Conn, e *list.Element) {
	deadline := time.Now().Add(p.cfg.FirstBytes)
	raw.SetDeadline(deadline)
	c, to, err := p.readPreamble(raw)
	if err == nil {
		raw.SetDeadline(time.Time{})
		err = p.handOver(raw, c, to, time.Until(deadline))
	}
	p.mu.Lock()
	p.pending.Remove(e) // does nothing when it gave way
	p.mu.Unlock()
	if err != nil {
		raw.Close()
		p.said.refused.say(p.cfg.Logger.Info, "node port: connection refused", "from", raw.RemoteAddr(), "error", err)
	}
}

func (p *Port) readPreamble(c net.Conn) (net.Conn, *stream, error) {
	if p.tls != nil {
		c = tls.Server(c, p.tls.forServer())
	}
	var b [preambleSize]byte
	for n := 0; n < len(b); {
		m, err := c.Read(b[n:])
		if n += m; err != nil && n < len(b) {
			return nil, nil, fmt.Errorf("no preamble: %w", err)
		}
	}
	version, kind := b[len(preambleName)], b[len(preambleName)+1]
	switch {
	case string(b[:len(preambleName)]) != preambleName:
		return nil, nil, fmt.Errorf("begins with %q: not an aion node; callers belong on http.address", b[:])
	case version != preambleVersion:
		return nil, nil, fmt.Errorf("node protocol %d, this node speaks %d", version, preambleVersion)
	case kind == streamRaft:
		return c, p.raft, nil
	case kind == streamHTTP:
		return c, p.web, nil
	}
	return nil, nil, fmt.Errorf("unknown stream %q", kind)
}

func (p *Port) handOver(raw, c net.Conn, to *stream, patience time.Duration) error {
	pc, err := p.track(raw, c)
	if err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case to.incoming <- pc:
		return nil
	case <-timer.C:
		err = errors.New("nobody accepts this stream")
	case <-to.ended:
		err = net.ErrClosed
	case <-p.closing:
		err = net.ErrClosed
	}
	pc.Close()
	return err
}

// track counts a connection until it is closed, so that Close reaches it.
func (p *Port) track(raw, c net.Conn) (*portConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, net.ErrClosed
	case len(p.open) >= p.cfg.MaxConnections:
		return nil, fmt.Errorf("%d connections are open, the most allowed", p.cfg.MaxConnections)
	}
	pc := &portConn{Conn: c, raw: raw, port: p}
	p.open[pc] = struct{}{}
	return pc, nil
}
