package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	on := func(network Network, name, what string, f Func) {
		// TCP doubles its retransmission timeout after each loss, so only a long cut leaves a long
		// wait after the network has healed.
		register(Kind{Name: "netns-" + name, Family: "netns", What: what, Min: 500 * time.Millisecond, Max: 30 * time.Second, On: network, Fault: switched(f)})
	}
	kind := func(name, what string, f Func) { on(Namespaces, name, what, f) }

	kind("isolate-leader", "all frames between the leader and other nodes are lost", splitFrames(around(theLeader)))
	kind("isolate-one", "all frames between one node and others are lost", splitFrames(around(anyOne)))
	kind("halves", "all frames between a majority and a minority are lost", splitFrames(halves))
	kind("ring", "frames arrive only at neighbours in a ring (with 3 nodes: one link is cut)", splitFrames(ring))
	kind("bridge", "two halves that see each other only through one node", splitFrames(bridge))
	kind("one-way-out", "nobody hears one node, which hears everybody", frames(leaderOrAny, "lose all frames out of", netns.Rule{Part: 1}, true, false))
	kind("one-way-in", "one node hears nobody, and everybody hears it", frames(leaderOrAny, "lose all frames into", netns.Rule{Part: 1}, false, true))
	kind("log-only", "raft, node calls and archives of one node are lost and nothing else", frames(leaderOrAny, "lose raft and node calls of", netns.Rule{Port: nodes.RaftPort, Part: 1}, true, true))
	kind("gossip-only", "gossip of one node is lost and nothing else", frames(leaderOrAny, "lose gossip of", netns.Rule{Port: nodes.GossipPort, Part: 1}, true, true))
	kind("http-only", "calls that one node passes on, or that are passed on to it, are lost and nothing else",
		frames(leaderOrAny, "lose HTTP of", netns.Rule{Port: nodes.HTTPPort, Part: 1}, true, true))
	kind("clients", "frames between clients and the leader are lost", Func(clientFrames))
	kind("lossy", "a tenth of all frames between nodes is lost", lossy(0.1))
	kind("lossy-one", "a third of all frames of one node is lost", frames(leaderOrAny, "lose a third of the frames of", netns.Rule{Part: 1. / 3}, true, true))
	kind("large", "frames of one node above 600 bytes are lost: it is heard, and nothing long gets through", frames(leaderOrAny, "lose frames above 600 bytes of", netns.Rule{Larger: 600, Part: 1}, true, true))

	kind("unplug-leader", "the leader's cable is pulled", unplug(theLeader))
	kind("unplug-one", "one node's cable is pulled", unplug(anyOne))
	kind("unplug-majority", "the cables of a majority are pulled", unplug(aMajority))
	kind("unplug-all", "the cables of all nodes are pulled", unplug(everyone))
	kind("flap", "one node's cable is pulled and put back every 300 ms", Func(flap))
	kind("unplug-kill", "one node's cable is pulled, then it is killed, started and put back: nobody was told that its connections had ended", Func(unplugKill))

	kind("thin", "64 KB a second into each node, with room for 16 KB: what is more is lost", shape(netns.Queue{Rate: 64_000, Room: 16_000}))
	kind("bloat", "128 KB a second into each node, with room for 256 KB: what is more waits for seconds", shape(netns.Queue{Rate: 128_000, Room: 256_000}))
	on(Netem, "slow", "frames to every node are late by 10 to 70 ms and overtake each other", shape(netns.Queue{Delay: 40 * time.Millisecond, Jitter: 30 * time.Millisecond}))
	on(Netem, "spoil", "a twentieth of frames comes twice, and one in a hundred has a bit flipped", shape(netns.Queue{Duplicate: 0.05, Corrupt: 0.01}))
}

// switched makes a fault refuse if there is no switch.
func switched(f Func) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		if c.Switch == nil {
			return "", nil, errors.New("needs --netns: nodes in network namespaces")
		}
		return f(ctx, c, r)
	}
}

func leaderOrAny(ctx context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node {
	if r.IntN(2) == 0 {
		return anyOne(ctx, c, r)
	}
	return theLeader(ctx, c, r)
}

// loseFrames loses frames of the directed links between nodes for which which returns true. The
// rule selects frames of these, and how many.
func loseFrames(c *nodes.Cluster, rule netns.Rule, which func(from, to *nodes.Node) bool) (func(context.Context) error, error) {
	var rules []netns.Rule
	for _, from := range c.Nodes() {
		for _, to := range c.Nodes() {
			if from != to && which(from, to) {
				rule.From, rule.To = from.Name, to.Name
				rules = append(rules, rule)
			}
		}
	}
	return mending(c.Switch.Lose(rules...))
}

// mending turns the stop function of a switch into a mend.
func mending(stop func() error, err error) (func(context.Context) error, error) {
	if err != nil {
		return nil, err
	}
	return func(context.Context) error { return stop() }, nil
}

func splitFrames(choose partition) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		cut := choose(ctx, c, r)
		mend, err := loseFrames(c, netns.Rule{Part: 1}, cut)
		return cutLinks(c, cut), mend, err
	}
}

// frames loses what one node sends, or receives, or both.
func frames(who choice, what string, rule netns.Rule, out, in bool) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n := who(ctx, c, r)[0]
		mend, err := loseFrames(c, rule, func(from, to *nodes.Node) bool { return out && from == n || in && to == n })
		return what + " " + n.Name, mend, err
	}
}

func lossy(part float64) Func {
	return func(_ context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
		mend, err := loseFrames(c, netns.Rule{Part: part}, func(from, to *nodes.Node) bool { return true })
		return fmt.Sprintf("lose %.0f%% of all frames", 100*part), mend, err
	}
}

func clientFrames(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	l := theLeader(ctx, c, r)[0]
	mend, err := mending(c.Switch.Lose(netns.Rule{From: links.Client, To: l.Name, Part: 1}, netns.Rule{From: l.Name, To: links.Client, Part: 1}))
	return "lose frames between clients and " + l.Name, mend, err
}

func unplug(who choice) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		chosen := who(ctx, c, r)
		var ends []string
		for _, n := range chosen {
			ends = append(ends, n.Name)
		}
		mend, err := mending(c.Switch.Pull(ends...))
		return "pull the cable of " + names(chosen), mend, err
	}
}

func flap(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	n := leaderOrAny(ctx, c, r)[0]
	var errs []error
	var over sync.WaitGroup
	over.Go(func() {
		for ctx.Err() == nil {
			back, err := c.Switch.Pull(n.Name)
			if err != nil {
				errs = append(errs, err)
				return
			}
			wait(ctx, 300*time.Millisecond)
			errs = append(errs, back())
			wait(ctx, 300*time.Millisecond)
		}
	})
	return "pull the cable of " + n.Name + " and put it back, every 300 ms", func(context.Context) error {
		stop()
		over.Wait()
		return errors.Join(errs...)
	}, nil
}

func unplugKill(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n := leaderOrAny(ctx, c, r)[0]
	back, err := c.Switch.Pull(n.Name)
	if err != nil {
		return "", nil, err
	}
	n.Kill()
	return "pull the cable of " + n.Name + ", kill -9 it", func(context.Context) error {
		return errors.Join(start([]*nodes.Node{n}), back())
	}, nil
}

func shape(q netns.Queue) Func {
	return func(_ context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
		mend, err := mending(c.Switch.Shape(q, c.Names()...))
		return "queues into every node: " + q.String(), mend, err
	}
}
