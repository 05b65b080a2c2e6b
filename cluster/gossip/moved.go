package gossip

import (
	"context"
	"net"
	"slices"
)

// The address that others have of a living node's gossip is fixed once memberlist runs: to change
// it means to leave, and to come back as another one. So a name in gossip.advertise is followed
// from one start to the next, as that of a pod is, and while this process lives a new address is
// only said. Raft and HTTP dial names anew each time.

// lookup resolves names; tests replace it.
type lookup func(ctx context.Context, host string) ([]net.IPAddr, error)

// moved answers which addresses the name in gossip.advertise has now, if that which others were
// told is none of them.
func (g *Gossip) moved(ctx context.Context, told net.IP) []net.IPAddr {
	host, _, err := net.SplitHostPort(g.cfg.Address)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		return nil
	}
	now, err := g.lookup(ctx, host)
	if err != nil || slices.ContainsFunc(now, func(a net.IPAddr) bool { return a.IP.Equal(told) }) {
		return nil // no news, or no name for a while
	}
	return now
}

// sayMoved warns, once for each new address, that others look for this node where it was.
func (g *Gossip) sayMoved(ctx context.Context, said string) string {
	told := g.list.Load().LocalNode().Addr
	now := g.moved(ctx, told)
	if len(now) == 0 || now[0].String() == said {
		return said
	}
	g.log.Warn("gossip.advertise has another address than at the start, and others go on using the old one: restart this node",
		"name", g.cfg.Address, "told", told.String(), "now", now[0].String())
	return now[0].String()
}
