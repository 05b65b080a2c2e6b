package gossip

import (
	"context"
	"net"
	"slices"
)

// Once memberlist runs, the address at which others reach a living node's gossip is fixed: changing
// it means leaving and returning as another node. So a name in gossip.advertise, such as a pod's,
// is resolved once at each start. While this process lives, a new address is only logged. Raft and
// HTTP resolve names anew for each dial.

// lookup resolves names; tests replace it.
type lookup func(ctx context.Context, host string) ([]net.IPAddr, error)

// movedAddresses returns the current addresses of the name in gossip.advertise if the advertised
// one is no longer among them.
func (g *Gossip) movedAddresses(ctx context.Context, told net.IP) []net.IPAddr {
	host, _, err := net.SplitHostPort(g.cfg.Address)
	if err != nil || host == "" || net.ParseIP(host) != nil {
		return nil
	}
	now, err := g.lookup(ctx, host)
	if err != nil || slices.ContainsFunc(now, func(a net.IPAddr) bool { return a.IP.Equal(told) }) {
		return nil // unchanged, or the name does not resolve at the moment
	}
	return now
}

// warnIfMoved warns once for each new address that others keep looking for this node at its old
// one.
func (g *Gossip) warnIfMoved(ctx context.Context, said string) string {
	told := g.list.Load().LocalNode().Addr
	now := g.movedAddresses(ctx, told)
	if len(now) == 0 || now[0].String() == said {
		return said
	}
	g.log.Warn("gossip.advertise resolves to another address than at the start, and others keep using the old one: restart this node",
		"name", g.cfg.Address, "told", told.String(), "now", now[0].String())
	return now[0].String()
}
