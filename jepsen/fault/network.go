package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	part := func(name, what string, f Func) {
		register(Kind{Name: name, Family: "network", What: what, Min: 500 * time.Millisecond, Max: 8 * time.Second, On: Proxies, Fault: f})
	}
	register(Kind{Name: "isolate-leader", Family: "network", What: "cut the leader off from all other nodes, until they have another", Min: 2500 * time.Millisecond, Max: 8 * time.Second,
		// an election takes up to two seconds; in less time no new leader emerges beside the one
		// that was cut off
		On: Proxies, Fault: split(around(theLeader))})
	part("isolate-one", "cut one node off from all other nodes", split(around(anyOne)))
	part("halves", "split the nodes into a majority and a minority", split(halves))
	part("ring", "every node reaches only its neighbours in a ring (with 3 nodes: one link is cut)", split(ring))
	part("bridge", "two halves that see each other only through one node", split(bridge))
	part("one-way-out", "nobody hears one node, which hears everybody", oneWay(true))
	part("one-way-in", "one node hears nobody, and everybody hears it", oneWay(false))
	part("raft-only", "cut raft's streams of one node and nothing else", kinded(links.Raft))
	part("calls-only", "cut node calls and archives of one node and nothing else", kinded(links.Calls))
	part("gossip-only", "cut all gossip", Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		return "cut gossip", between(c, links.Rule{Cut: true}, func(a, b *nodes.Node) bool { return true }, links.Gossip), nil
	}))
	part("clients-only", "cut clients off from the leader", Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		l := theLeader(ctx, c, r)[0]
		for _, to := range [][2]string{{links.Client, l.Name}, {l.Name, links.Client}} {
			c.Links.Set(to[0], to[1], links.Rule{Cut: true}, links.HTTP)
		}
		return "cut clients off from " + l.Name, func(context.Context) error {
			for _, to := range [][2]string{{links.Client, l.Name}, {l.Name, links.Client}} {
				c.Links.Set(to[0], to[1], links.Rule{}, links.HTTP)
			}
			return nil
		}, nil
	}))
	part("slow", "every link between nodes is slow and uneven", everyLink(links.Rule{Delay: 20 * time.Millisecond, Jitter: 80 * time.Millisecond}))
	part("lossy", "every link between nodes loses a tenth of what it carries", everyLink(links.Rule{Loss: 0.1}))
	part("thin", "every link between nodes carries 64 KiB a second", everyLink(links.Rule{Rate: 64 << 10}))
	part("half-open", "connections to one node stay open and carry nothing, in one direction", Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n := anyOne(ctx, c, r)[0]
		return "half-open to " + n.Name, between(c, links.Rule{Cut: true}, func(a, b *nodes.Node) bool { return b == n }), nil
	}))
	register(Kind{Name: "resets", Family: "network", What: "all connections between nodes are reset, again and again", Min: time.Second, Max: 4 * time.Second, On: Proxies, Fault: Func(resets)})
}

// between sets a rule on the directed links for which which returns true, and returns how to reset
// them.
func between(c *nodes.Cluster, rule links.Rule, which func(from, to *nodes.Node) bool, traffic ...links.Traffic) func(context.Context) error {
	set := func(rule links.Rule) {
		for _, a := range c.Nodes() {
			for _, b := range c.Nodes() {
				if a != b && which(a, b) {
					c.Links.Set(a.Name, b.Name, rule, traffic...)
				}
			}
		}
	}
	set(rule)
	return func(context.Context) error {
		set(links.Rule{})
		return nil
	}
}

func split(choose partition) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		cut := choose(ctx, c, r)
		return cutLinks(c, cut), between(c, links.Rule{Cut: true}, cut), nil
	}
}

func oneWay(out bool) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n, word := theLeader(ctx, c, r)[0], "into"
		if r.IntN(2) == 0 {
			n = anyOne(ctx, c, r)[0]
		}
		if out {
			word = "out of"
		}
		return "nothing " + word + " " + n.Name, between(c, links.Rule{Cut: true}, func(a, b *nodes.Node) bool { return out && a == n || !out && b == n }), nil
	}
}

func kinded(t links.Traffic) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n := theLeader(ctx, c, r)[0]
		if r.IntN(2) == 0 {
			n = anyOne(ctx, c, r)[0]
		}
		return fmt.Sprintf("cut %s of %s", t, n.Name), between(c, links.Rule{Cut: true}, func(a, b *nodes.Node) bool { return a == n || b == n }, t), nil
	}
}

func everyLink(rule links.Rule) Func {
	return func(_ context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
		return rule.String(), between(c, rule, func(a, b *nodes.Node) bool { return true }), nil
	}
}

func resets(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for wait(ctx, 200*time.Millisecond) {
			for i, a := range c.Nodes() {
				for _, b := range c.Nodes()[i+1:] {
					c.Links.Reset(a.Name, b.Name)
				}
			}
		}
	}()
	return "reset all connections every 200 ms", func(context.Context) error {
		stop()
		<-over
		return nil
	}, nil
}
