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
	register(Kind{
		Name: "snapshots", Family: "disk", What: "snapshots every 60 entries; one node is down until it needs one, and may be killed again while it installs it",
		Min: 3 * time.Second, Max: 8 * time.Second, Tagged: true, Fault: Func(snapshots),
	})
}

// snapshots kills every node once, because thresholds are read at the start. From then on the run
// makes snapshots all the time.
func snapshots(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	order := everyone(ctx, c, r)
	var errs []error
	for _, n := range order {
		errs = append(errs, setControl(n, snapshotsOften))
		n.Kill()
	}
	down, up := order[0], order[1:]
	errs = append(errs, start(up))
	kills := r.IntN(4) // with none, the process that installs the snapshot finishes it
	return fmt.Sprintf("snapshots every 60 entries; %s is down, and killed %d times as it comes back", down.Name, kills), func(ctx context.Context) error {
		var errs []error
		for range kills {
			errs = append(errs, start([]*nodes.Node{down}))
			wait(ctx, time.Duration(r.Int64N(int64(600*time.Millisecond))))
			down.Kill()
		}
		return errors.Join(append(errs, start(order))...)
	}, errors.Join(errs...)
}

// snapshotsOften applies from the next start to the end of the run.
func snapshotsOften(c *control) {
	c.SnapshotEntries, c.TrailingEntries, c.SnapshotEvery = 60, 20, 200*time.Millisecond
}
