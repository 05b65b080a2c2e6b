package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "rolling-restart", Family: "process", What: "SIGTERM and start one node after the other",
		Min: 4 * time.Second, Max: 5 * time.Second, Orderly: true, Fault: rolling(false),
	})
	register(Kind{
		Name: "rolling-drain", Family: "membership", What: "drain, SIGTERM and start one node after the other",
		Min: 5 * time.Second, Max: 6 * time.Second, Orderly: true, Fault: rolling(true),
	})
}

// Away is a period in which a node was being stopped and started, in the time of Done.
type Away struct {
	Node string `json:"node"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// absences are the nodes that a fault has stopped, and when, so that calls which these absences
// explain can be told from others.
type absences struct {
	since func() int64

	mu   sync.Mutex // over all
	list []Away
}

type absencesKey struct{}

// away records that a node is being stopped, until it is back.
func away(ctx context.Context, n *nodes.Node) (back func()) {
	a, ok := ctx.Value(absencesKey{}).(*absences)
	if !ok {
		return func() {}
	}
	from := a.since()
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.list = append(a.list, Away{n.Name, from, a.since()})
	}
}

// rolling is an upgrade: one node after another is stopped in an orderly way and started; the next
// one follows when the previous one is ready.
func rolling(drained bool) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		done, ok := operate(c)
		if !ok {
			return busy, nil, nil
		}
		var errs []error
		order := everyone(ctx, c, r)
		for _, n := range order {
			if drained {
				drainAndWait(ctx, c, n)
			}
			back := away(ctx, n)
			errs = append(errs, n.Stop(30*time.Second), start([]*nodes.Node{n}))
			for try := 0; n.Ready(ctx) != nil && ctx.Err() == nil && try < 100; try++ {
				wait(ctx, 100*time.Millisecond)
			}
			back()
		}
		how := "restart"
		if drained {
			how = "drain and restart"
		}
		return fmt.Sprintf("%s %s in turn", how, names(order)), func(context.Context) error {
			defer done()
			return start(order)
		}, errors.Join(errs...)
	}
}

// drainAndWait drains a node, and waits a little until another one leads. The restart ends the
// drain.
func drainAndWait(ctx context.Context, c *nodes.Cluster, n *nodes.Node) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		status, _, err := requestOperation(ctx, n, "drain", n)
		if l := c.Leader(ctx); err == nil && status < 300 && l != nil && l != n {
			return
		}
		if !wait(ctx, 100*time.Millisecond) {
			return
		}
	}
}
