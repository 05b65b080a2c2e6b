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
		Name: "swap-addresses", Family: "identity", What: "two nodes stop, start with each other's addresses, and later with their own again",
		Min: time.Second, Max: 5 * time.Second, On: Proxies, Fault: Func(swapAddresses),
	})
}

// swapAddresses is a network that swaps two machines' addresses. With three nodes nobody can lead
// meanwhile; with five the others go on. No node may be taken for another one, and both vote again
// once they are back at their own addresses.
func swapAddresses(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return busy, nil, nil
	}
	two := everyone(ctx, c, r)[:2]
	trade := func() error {
		var errs []error
		for _, n := range two {
			errs = append(errs, n.Stop(30*time.Second))
			n.Hold()
		}
		nodes.Trade(two[0], two[1])
		for _, n := range two {
			n.Release()
		}
		return errors.Join(append(errs, start(two))...)
	}
	err := trade()
	return "swap the addresses of " + names(two), func(ctx context.Context) error {
		defer done()
		err := trade()
		for _, n := range two {
			err = errors.Join(err, inPlace(ctx, c, n))
		}
		return err
	}, err
}
