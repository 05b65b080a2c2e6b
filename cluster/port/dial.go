package port

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// introductionTo returns this node's introduction to the node with an id.
func (p *Port) introductionTo(to string) Introduction {
	i := p.cfg.Self()
	i.To, i.Address = to, string(p.advertised)
	return i
}

// dial opens a connection to another node's port. If it fails, nothing but the preamble was sent.
func (p *Port) dial(ctx context.Context, to Server, kind byte) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.FirstBytes)
	defer cancel()
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", to.Address)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	raw.SetDeadline(deadline)
	c, err := p.introduce(ctx, raw, to, kind)
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("node %s at %s: %w", cmp.Or(to.ID, "of any id"), to.Address, err)
	}
	raw.SetDeadline(time.Time{})
	pc := &conn{Conn: c, raw: raw, port: p, to: to, kind: kind}
	if err := p.track(pc); err != nil {
		raw.Close()
		return nil, err
	}
	return pc, nil
}

// introduce sends who this node is and which node it means, and waits until the other side agrees.
func (p *Port) introduce(ctx context.Context, c net.Conn, to Server, kind byte) (net.Conn, error) {
	if p.tls != nil {
		cfg, err := p.tls.clientFor(to)
		if err != nil {
			return nil, err
		}
		tc := tls.Client(c, cfg)
		if err := tc.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		c = tc
	}
	b, err := appendPreamble(nil, kind, p.introductionTo(to.ID))
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(b); err != nil {
		return nil, err
	}
	return c, readAnswer(c)
}
