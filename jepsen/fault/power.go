package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	loss := func(name, what string, who choice) {
		register(Kind{
			Name: name, Family: "disk", What: "the power of " + what + " goes: kill -9, and what was not synced is lost, all or in part; it starts again",
			Min: 200 * time.Millisecond, Max: 3 * time.Second, Tagged: true, Fault: powerLoss(who),
		})
	}
	loss("power-one", "one node", anyOne)
	loss("power-leader", "the leader", theLeader)
	loss("power-majority", "a majority", aMajority)
	loss("power-loss", "all nodes", everyone) // like a blackout
}

// powerLoss makes the nodes record for a while how to undo what they do not sync, kills them at
// once, and undoes it as they start again. A disk that reports fsync honestly loses nothing else.
// So any number of nodes may lose their power, and nothing that was acknowledged is gone. In half
// of the losses no unsynced data is left on any node; otherwise the nodes could get it back from
// the one that kept it.
func powerLoss(who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		all := r.IntN(2) == 0
		for _, n := range c.Nodes() {
			if err := setControl(n, func(c *control) { c.Power.Watch = true }); err != nil {
				return "", nil, err
			}
		}
		wait(ctx, 200*time.Millisecond+time.Duration(r.Int64N(int64(2*time.Second))))
		chosen := who(ctx, c, r)
		for _, n := range chosen { // all together, before anything that takes time
			n.Kill()
		}
		var errs []error
		often := r.IntN(2) == 0 // so that the next loss hits what is written while snapshots are made
		for _, n := range chosen {
			if often {
				errs = append(errs, setControl(n, snapshotsOften))
			}
			errs = append(errs, n.Offline(func() error { return setLoss(n, r.Uint64()|1, all) }))
		}
		did := "the power of " + names(chosen) + " goes"
		if all {
			did += ", and no disk wrote anything unasked"
		}
		return did, func(ctx context.Context) error {
			errs := []error{start(chosen)}
			for _, n := range chosen {
				errs = append(errs, setLoss(n, 0, false))
			}
			if err := errors.Join(errs...); err != nil {
				return fmt.Errorf("after the power went: %w", err)
			}
			return nil
		}, errors.Join(errs...)
	})
}

// setLoss sets what the next start of n has lost; seed 0 = nothing.
func setLoss(n *nodes.Node, seed uint64, all bool) error {
	return setControl(n, func(c *control) { c.Power.Lose, c.Power.All = seed, all })
}
