package port

import (
	"container/list"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// accept never waits for a client: what a client has to say is read by a goroutine of its own, of
// which there are at most MaxPending.
func (p *Port) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			select {
			case <-p.closing:
				return
			case <-time.After(10 * time.Millisecond): // out of file descriptors, mostly: it passes
				p.said.failed.Say(p.cfg.Logger.Warn, "node port cannot accept", "error", err)
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

// admit makes room for one more silent connection by ending the one that has been silent longest: a
// peer speaks within a round trip, so under a flood of silent clients peers still come through.
func (p *Port) admit(c net.Conn) *list.Element {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	if p.pending.Len() >= p.cfg.MaxPending {
		p.said.evicted.Say(p.cfg.Logger.Warn, "node port: too many connections that say nothing, ending the oldest", "max", p.cfg.MaxPending)
		p.pending.Front().Value.(net.Conn).Close()
		p.pending.Remove(p.pending.Front())
	}
	return p.pending.PushBack(c)
}

// greet reads who speaks and what the connection is for, answers, and hands it over. The goroutine
// of a connection that gave way ends by that connection's error.
func (p *Port) greet(raw net.Conn, e *list.Element) {
	deadline := time.Now().Add(p.cfg.FirstBytes)
	raw.SetDeadline(deadline)
	err := p.receive(raw, deadline)
	p.mu.Lock()
	p.pending.Remove(e) // does nothing when it gave way
	p.mu.Unlock()
	if err != nil {
		raw.Close()
		p.said.refused.Say(p.cfg.Logger.Info, "node port: connection refused", "from", raw.RemoteAddr(), "error", err)
	}
}

// receive reads the preamble, tells the other side what it comes to, and hands the connection to
// the stream that it is for.
func (p *Port) receive(raw net.Conn, deadline time.Time) error {
	c := raw
	if p.tls != nil {
		c = tls.Server(raw, p.tls.forServer())
	}
	kind, from, err := readPreamble(c)
	if err == nil {
		err = p.refuse(kind, from)
	}
	if tc, ok := c.(*tls.Conn); ok && err == nil {
		from.moved, err = p.proves(tc.ConnectionState().PeerCertificates[0], kind, from)
	}
	if refused := (*refusedError)(nil); errors.As(err, &refused) {
		writeAnswer(c, refused.why)
	}
	if err != nil {
		return err
	}
	// Tracked before the other side hears that it may go on: beyond MaxConnections it hears why
	// not.
	pc := &conn{Conn: c, raw: raw, port: p, kind: kind, from: from, stranger: p.cfg.Place(from.From) == ""}
	if err := p.track(pc); err != nil {
		writeAnswer(c, err.Error())
		return err
	}
	if err := writeAnswer(c, ""); err != nil {
		pc.Close()
		return err
	}
	raw.SetDeadline(time.Time{})
	to := p.web
	if kind == streamRaft {
		to = p.raft
	}
	return p.handOver(pc, to, time.Until(deadline))
}

// refuse answers why a connection must not go on, or nil.
func (p *Port) refuse(kind byte, from Introduction) error {
	if kind != streamRaft && kind != streamHTTP {
		return &refusedError{fmt.Sprintf("unknown stream %q", kind)}
	}
	if why := from.refuse(p.self(""), kind); why != "" {
		return &refusedError{why}
	}
	return nil
}

// proves answers why a certificate does not prove that its holder is the node that it says it is.
// A node that has moved to another host, and proves that one, may ask for its place there; see
// MayCall.
func (p *Port) proves(c *x509.Certificate, kind byte, from Introduction) (moved bool, err error) {
	names := p.tls.names()
	if err := names.check(c, from.From, from.Address); err != nil {
		return false, &refusedError{err.Error()}
	}
	place := p.cfg.Place(from.From)
	if !names.hosts || place == "" {
		return false, nil
	}
	err = names.check(c, from.From, place)
	if err != nil && kind == streamRaft {
		return false, &refusedError{err.Error()}
	}
	return err != nil, nil
}

func (p *Port) handOver(pc *conn, to *stream, patience time.Duration) (err error) {
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
