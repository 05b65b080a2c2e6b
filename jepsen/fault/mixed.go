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
		Name: "mixed", Family: "upgrade", What: "replace nodes one at a time by those of another commit, some or all, and back",
		Min: time.Second, Max: 8 * time.Second, Orderly: true, Mixed: true, Fault: Func(mixed),
	})
}

// mixed upgrades some or all nodes as an operator does: stop one, start it as the other build, wait
// until it is ready, continue with the next. Builds with different formats do not run in one
// cluster: then the other build must refuse, by ending at its start or by staying outside, and the
// node returns to its own build. That build must still read whatever the other one wrote.
func mixed(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return busy, nil, nil
	}
	order := everyone(ctx, c, r)
	order = order[:1+r.IntN(len(order))]
	var told []string
	var errs []error
	for _, n := range order {
		if err := become(ctx, n, true); err != nil {
			told = append(told, n.Name+" is refused: "+firstLine(err.Error()))
			errs = append(errs, become(ctx, n, false))
			break // the next one would be refused, too
		}
		told = append(told, n.Name+" is of the other build")
	}
	return strings.Join(told, ", "), func(ctx context.Context) error {
		defer done()
		var errs []error
		for _, n := range order {
			errs = append(errs, become(ctx, n, false))
		}
		return errors.Join(errs...)
	}, errors.Join(errs...)
}

// become restarts a node as the other build, or as its own again, and waits until it is ready.
func become(ctx context.Context, n *nodes.Node, other bool) error {
	if err := n.Stop(30 * time.Second); err != nil {
		return err
	}
	if !n.Replace(other) {
		return errors.New("there is no other build: --other-binary")
	}
	if err := n.Start(); err != nil {
		n.Forgive()
		return err
	}
	settling, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := ready(settling, n); err != nil {
		if ctx.Err() != nil {
			return nil // the run is over: mending continues from here
		}
		if other {
			n.Forgive()
		}
		return fmt.Errorf("%w; %s", err, n.Tail(1))
	}
	return nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s[:min(len(s), 300)]
}
