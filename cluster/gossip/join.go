package gossip

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/memberlist"
)

// join starts memberlist.
func (g *Gossip) join(mc *memberlist.Config) error {
	list, err := memberlist.Create(mc)
	if err != nil {
		return fmt.Errorf("gossip.address %s: %w", g.cfg.Listen, err)
	}
	g.list.Store(list)
	return nil
}

// joinByName is join at the address of host, once that name resolves: a StatefulSet's name resolves
// some seconds after its pod has started. It returns false if ctx ends first.
func (g *Gossip) joinByName(ctx context.Context, mc *memberlist.Config, host string) bool {
	said := ""
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, g.cfg.Every) {
		ips, err := g.lookup(ctx, host)
		if err == nil {
			mc.AdvertiseAddr = ips[0].IP.String()
			if err = g.join(mc); err == nil {
				return true
			}
		}
		if ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			g.log.Warn("gossip.advertise has no address yet, trying again", "host", host, "error", err)
		}
	}
	return false
}

func splitAddress(key, address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		return "", 0, fmt.Errorf("%s %q is not host:port: %w", key, address, err)
	}
	return cmp.Or(host, "0.0.0.0"), port, nil
}

// keepJoining asks the configured addresses whenever fewer nodes are known than are configured, or
// none. So a node that was cut off, and given up by everybody, finds its way back.
func (g *Gossip) keepJoining(ctx context.Context) {
	tick := time.NewTicker(joinEvery)
	defer tick.Stop()
	said := ""
	for {
		g.resolve(ctx)
		said = g.warnIfMoved(ctx, said)
		if n := g.list.Load().NumMembers(); len(g.cfg.Join) > 0 && n < max(2, len(g.cfg.Join)) {
			if n, err := g.list.Load().Join(g.cfg.Join); err != nil && n == 0 {
				g.log.Debug("no address to join answers yet", "addresses", g.cfg.Join, "error", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// resolve looks up the addresses to join, because peers are known by IP address.
func (g *Gossip) resolve(ctx context.Context) {
	named := map[string]string{}
	for _, address := range g.cfg.Join {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		ips, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			continue // retried in the next round
		}
		for _, ip := range ips {
			named[net.JoinHostPort(ip, port)] = address
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.named = named
}
