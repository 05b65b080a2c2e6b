package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "grow", Family: "membership", On: Proxies, What: "one node more joins, votes, and is removed again", Orderly: true,
		Min: 4 * time.Second, Max: 5 * time.Second, Fault: Func(grow),
	})
}

// grow adds a node and removes it again.
func grow(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return busy, nil, nil
	}
	if _, err := healthy(ctx, c); err != nil {
		done()
		return Nothing + " " + err.Error(), nil, nil
	}
	s, err := c.Stranger("guest", nodes.Strange{Join: c.GossipAddresses()})
	if err != nil {
		done()
		return "", nil, err
	}
	stays := time.Duration(r.Int64N(int64(2 * time.Second)))
	return meanwhile(ctx, s.ID()+" joins, votes, and is removed", func(ctx context.Context) error {
		defer done()
		err := s.Start()
		if err == nil {
			err = ready(ctx, s)
		}
		if err == nil {
			err = voter(ctx, c, s)
		}
		wait(ctx, stays)
		err = errors.Join(err, remove(ctx, c, s))
		s.Forgive() // it may end when it is told
		return errors.Join(err, s.Dismiss())
	})
}
