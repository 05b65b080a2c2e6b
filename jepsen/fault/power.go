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
	loss("power-loss", "all nodes", everyone) // as a blackout does
}

// powerLoss lets the nodes note for a while how to undo what they do not sync, kills them at once,
// and lets them lose it as they start again. A disk that tells the truth about fsync loses nothing
// else, so any number of nodes may lose their power: nothing that was acknowledged is gone. In one
// half of all losses nothing unsynced is left on any of them, for what only one of them has kept
// the others would get from it.
func powerLoss(who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		all := r.IntN(2) == 0
		for _, n := range c.Nodes() {
			if err := tell(n, func(c *control) { c.Power.Watch = true }); err != nil {
				return "", nil, err
			}
		}
		wait(ctx, 200*time.Millisecond+time.Duration(r.Int64N(int64(2*time.Second))))
		chosen := who(ctx, c, r)
		for _, n := range chosen { // together, and only then what takes its time
			n.Kill()
		}
		var errs []error
		often := r.IntN(2) == 0 // what is written while snapshots are made is for the next loss
		for _, n := range chosen {
			if often {
				errs = append(errs, tell(n, snapshotsOften))
			}
			errs = append(errs, n.Offline(func() error { return takeAway(n, r.Uint64()|1, all) }))
		}
		did := "the power of " + names(chosen) + " goes"
		if all {
			did += ", and no disk wrote anything unasked"
		}
		return did, func(ctx context.Context) error {
			errs := []error{start(chosen)}
			for _, n := range chosen {
				errs = append(errs, takeAway(n, 0, false))
			}
			if err := errors.Join(errs...); err != nil {
				return fmt.Errorf("after the power went: %w", err)
			}
			return nil
		}, errors.Join(errs...)
	})
}

// takeAway says what the next start of n has lost; seed 0 = nothing.
func takeAway(n *nodes.Node, seed uint64, all bool) error {
	return tell(n, func(c *control) { c.Power.Lose, c.Power.All = seed, all })
}
