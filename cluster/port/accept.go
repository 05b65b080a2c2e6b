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

// accept never waits for a client: a separate goroutine reads each client's preamble, and at most
// MaxPending of them run at a time.
func (p *Port) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			select {
			case <-p.closing:
				return
			case <-time.After(10 * time.Millisecond): // usually out of file descriptors, which passes
				p.said.failed.Say(p.cfg.Logger.Warn, "node port cannot accept", "error", err)
				continue
			}
		}
		if e := p.addPending(c); e != nil {
			p.parts.Go(func() { p.handshake(c, e) })
		} else {
			c.Close()
		}
	}
}

// addPending makes room for one more silent connection by ending the one that has been silent
// longest. A peer speaks within a round trip, so peers still get through a flood of silent clients.
func (p *Port) addPending(c net.Conn) *list.Element {
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

// handshake reads the preamble, answers it, and hands the connection over. If the connection is
// evicted meanwhile, reading fails and the goroutine ends.
func (p *Port) handshake(raw net.Conn, e *list.Element) {
	deadline := time.Now().Add(p.cfg.FirstBytes)
	raw.SetDeadline(deadline)
	err := p.receive(raw, deadline)
	p.mu.Lock()
	p.pending.Remove(e) // no effect if it was evicted
	p.mu.Unlock()
	if err != nil {
		raw.Close()
		p.said.refused.Say(p.cfg.Logger.Info, "node port: connection refused", "from", raw.RemoteAddr(), "error", err)
	}
}

// receive reads the preamble, answers the other side, and hands the connection to the stream that
// it is for.
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
		from.moved, from.Named, err = p.proves(tc.ConnectionState().PeerCertificates[0], kind, from)
	}
	if refused := (*refusedError)(nil); errors.As(err, &refused) {
		writeAnswer(c, refused.why)
	}
	if err != nil {
		return err
	}
	// The connection is tracked before the answer is written: beyond MaxConnections the answer
	// carries the refusal.
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

// refuse returns nil if a connection may go on, and otherwise an error with the reason.
func (p *Port) refuse(kind byte, from Introduction) error {
	if kind != streamRaft && kind != streamHTTP {
		return &refusedError{fmt.Sprintf("unknown stream %q", kind)}
	}
	if why := from.refuse(p.introductionTo(""), kind); why != "" {
		return &refusedError{why}
	}
	return nil
}

// proves returns an error if a certificate does not prove that its holder is the node that it
// claims to be. A node that has moved to another host, with a certificate for that host, may ask
// for its place there; see MayCall. named reports whether the certificate names the node.
func (p *Port) proves(c *x509.Certificate, kind byte, from Introduction) (moved, named bool, err error) {
	names := p.tls.names()
	if err := names.check(c, from.From, from.Address); err != nil {
		return false, false, &refusedError{err.Error()}
	}
	named = !names.hosts || len(nodeURIs(c)) > 0
	place := p.cfg.Place(from.From)
	if !names.hosts || place == "" {
		return false, named, nil
	}
	err = names.check(c, from.From, place)
	if err != nil && kind == streamRaft {
		return false, false, &refusedError{err.Error()}
	}
	return err != nil, named, nil
}

func (p *Port) handOver(pc *conn, to *stream, patience time.Duration) (err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case to.incoming <- pc:
		return nil
	case <-timer.C:
		err = errors.New("no listener accepts this stream")
	case <-to.ended:
		err = net.ErrClosed
	case <-p.closing:
		err = net.ErrClosed
	}
	pc.Close()
	return err
}
