package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "demote", Family: "membership", What: "demote a node, the leader too, hand leadership around, and promote the node", Orderly: true,
		Min: 4 * time.Second, Max: 5 * time.Second, Fault: Func(demote),
	})
	register(Kind{
		Name: "replace-dead", Family: "membership", On: Proxies, What: "kill -9 one node for good, and let another one replace it by one operation, which is asked for before that one runs",
		Min: 5 * time.Second, Max: 6 * time.Second, Fault: Func(replaceDead),
	})
}

// demote checks that a demoted node gets no vote, whoever leads, until it is promoted.
func demote(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	return meanwhile(ctx, "demote "+n.ID(), func(ctx context.Context) error {
		defer release()
		err := asked(ctx, c, "demote", n)
		if err == nil {
			err = staysDemoted(ctx, c, n, r)
		}
		return errors.Join(err, asked(ctx, c, "promote", n), voter(ctx, c, n))
	})
}

// staysDemoted watches for longer than it takes to promote a joiner, under several leaders.
func staysDemoted(ctx context.Context, c *nodes.Cluster, n *nodes.Node, r *rand.Rand) error {
	for i, end := 0, time.Now().Add(4*time.Second); time.Now().Before(end); wait(ctx, 100*time.Millisecond) {
		if i++; i%10 == 0 {
			requestOperation(ctx, one(r, c.Nodes()), "transfer", one(r, c.Nodes())) // refused as often as not
		}
		if _, seen := membersSeen(ctx, c); seen != nil && roleOf(seen, n) == "voter" {
			return fmt.Errorf(Broken+" %s was demoted, nobody promoted it, and it votes", n.ID())
		}
	}
	return nil
}

func one[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// asked asks one node after another for an operation on n, until it is done.
func asked(ctx context.Context, c *nodes.Cluster, operation string, n *nodes.Node) error {
	said := "nobody was asked"
	for ; ; wait(ctx, 200*time.Millisecond) {
		for _, through := range c.Nodes() {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("%s %s: %w; the last answer: %s", operation, n.ID(), err, said)
			}
			status, answer, err := requestOperation(ctx, through, operation, n)
			if err == nil && status < 300 {
				return nil
			}
			said = fmt.Sprintf("%d %s %v", status, answer, err)
		}
	}
}

// replaceDead checks that a dead node stays a member until the node in its place votes.
func replaceDead(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	s, err := c.Stranger("spare", nodes.Strange{Join: c.GossipAddresses()})
	if err != nil {
		release()
		return "", nil, err
	}
	return meanwhile(ctx, "kill -9 "+n.ID()+", and replace it by "+s.ID(), func(ctx context.Context) error {
		defer release()
		n.Hold()
		n.Kill()
		err := replaced(ctx, c, n, s)
		if err == nil { // the next one has its address
			if err = n.Empty(); err == nil {
				n.NewID()
			}
		}
		n.Release()
		err = errors.Join(err, rejoin(ctx, c, n))
		err = errors.Join(err, remove(ctx, c, s))
		s.Forgive() // it may end when it is told
		return errors.Join(err, s.Dismiss())
	})
}

// replaced asks for the replacement until it is done, for a while before s runs.
func replaced(ctx context.Context, c *nodes.Cluster, n, s *nodes.Node) error {
	said, began := "nobody was asked", time.Now()
	for ; ; wait(ctx, 100*time.Millisecond) {
		if !s.Running() && time.Since(began) > time.Second {
			if err := s.Start(); err != nil {
				return err
			}
		}
		leader, seen := membersSeen(ctx, c)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replace %s by %s: %w; the last answer: %s", n.ID(), s.ID(), err, said)
		}
		if leader == nil {
			continue
		}
		if roleOf(seen, n) == "" && roleOf(seen, s) != "voter" {
			return fmt.Errorf(Broken+" %s was removed before %s, which takes its place, votes: it is %q", n.ID(), s.ID(), roleOf(seen, s))
		}
		call, cancel := context.WithTimeout(ctx, 10*time.Second)
		status, answer, err := post(call, leader, "/v1/cluster/replace", `{"old":"`+n.ID()+`","new":"`+s.ID()+`"}`)
		cancel()
		said = fmt.Sprintf("%d %s %v", status, answer, err)
		if err == nil && status < 300 && strings.Contains(answer, `"done":true`) {
			return nil
		}
	}
}
