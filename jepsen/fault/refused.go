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
	register(Kind{
		Name: "refused-one", Family: "network", What: "the leader and one follower refuse each other's connections, as if either had ended",
		Min: 1500 * time.Millisecond, Max: 6 * time.Second, On: Proxies, Fault: Func(refuseOne),
	})
}

// refuseOne makes the leader look ended to one follower only. That follower must not take its
// place: the others hear the leader.
func refuseOne(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	leader := c.Leader(ctx)
	if leader == nil {
		return "nothing: nobody leads", nil, &idle{"nobody led"}
	}
	var one *nodes.Node
	for _, i := range r.Perm(len(c.Nodes())) {
		if n := c.Nodes()[i]; n != leader {
			one = n
		}
	}
	heal := between(c, links.Rule{Refuse: true}, func(a, b *nodes.Node) bool { return a == leader && b == one || a == one && b == leader })
	usurped := make(chan time.Duration, 1)
	go func() { usurped <- usurps(ctx, one) }()
	return fmt.Sprintf("%s and %s (leader) refuse each other", one.Name, leader.Name), func(ctx context.Context) error {
		err := heal(ctx)
		if took := <-usurped; took > 0 {
			return fmt.Errorf(Broken+" %s leads %v after connections between it and %s, which led, were refused; the others heard the leader", one.Name, took.Round(time.Millisecond), leader.Name)
		}
		return err
	}, nil
}

// sooner is less than any follower waits before it stands for election of itself. So a follower
// that leads before cannot have been elected because the leader was silent.
const sooner = 800 * time.Millisecond

// usurps returns how soon a node leads, 0 if it does not in less than sooner.
func usurps(ctx context.Context, n *nodes.Node) time.Duration {
	for began := time.Now(); wait(ctx, 25*time.Millisecond) && time.Since(began) < sooner; {
		asking, cancel := context.WithTimeout(ctx, sooner-time.Since(began))
		s, err := n.Status(asking)
		cancel()
		if took := time.Since(began); err == nil && s.Leader == n.ID() && took < sooner {
			return took
		}
	}
	return 0
}
