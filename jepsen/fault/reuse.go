package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "reuse", Family: "identity", What: "remove a node, alive or dead, start it again under its id with an empty folder or its old one, then under a new id",
		Min: 4 * time.Second, Max: 5 * time.Second, Fault: Func(reuse),
	})
	register(Kind{
		Name: "replace-one", Family: "membership", What: "remove a node that runs, the leader as well, and let it join with an empty folder and a new id",
		Min: 4 * time.Second, Max: 5 * time.Second, Orderly: true, Fault: Func(replaceOne),
	})
}

// member claims a node for an operation on the members. If it returns nil, did says why.
func member(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (n *nodes.Node, release func(), did string) {
	done, ok := operate(c)
	if !ok {
		return nil, nil, busy
	}
	n, free, did := oneOfHealthy(ctx, c, r)
	if n == nil {
		done()
		return nil, nil, did
	}
	return n, func() { free(); done() }, ""
}

// oneOfHealthy claims a node of a fully healthy cluster. If it returns nil, did says why.
func oneOfHealthy(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (n *nodes.Node, release func(), did string) {
	if _, err := healthy(ctx, c); err != nil {
		return nil, nil, Nothing + " " + err.Error()
	}
	n = anyOne(ctx, c, r)[0]
	if release, did = claim(c, n); did != "" {
		return nil, nil, did
	}
	return n, release, ""
}

// reuse is an operator who removes a node and puts it back under its old id.
func reuse(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	alone := solitude(c)
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	dead, emptied := r.IntN(2) == 0, r.IntN(4) > 0
	did = fmt.Sprintf("remove %s (dead %t), and start it under its id (empty folder %t)", n.ID(), dead, emptied)
	return meanwhile(ctx, did, func(ctx context.Context) error {
		defer release()
		if dead {
			n.Hold()
		}
		err := remove(ctx, c, n)
		if !dead {
			n.Hold()
		}
		if err != nil {
			n.Release()
			return errors.Join(err, start([]*nodes.Node{n}))
		}
		err = n.Offline(func() error {
			if emptied {
				return os.RemoveAll(n.Data)
			}
			return nil
		})
		n.Release()
		if err != nil {
			return err
		}
		broken := stranded(ctx, c, n, alone)
		if err := replace(ctx, c, n); err != nil {
			return fmt.Errorf("%s does not join under a new id: %w", n.Name, err)
		}
		return broken
	})
}

// stranded starts a node whose id was removed, and waits until it has been refused by name: it
// ends, or stays outside.
func stranded(ctx context.Context, c *nodes.Cluster, n *nodes.Node, alone func() bool) error {
	said := logSince(n)
	err := n.Start()
	defer n.Forgive()
	told := func() bool { return strings.Contains(said(), "was removed from the cluster") }
	for end := time.Now().Add(20 * time.Second); err == nil && n.Running() && alone() && time.Now().Before(end) && ctx.Err() == nil; wait(ctx, 50*time.Millisecond) {
		if _, seen := membersSeen(ctx, c); seen != nil {
			for _, m := range seen.Members {
				if m.ID == n.ID() && alone() {
					return fmt.Errorf(Broken+" %s was removed, and is let in again under its id, as a %s", m.ID, m.Role)
				}
			}
		}
		if n.Ready(ctx) == nil && alone() {
			return fmt.Errorf(Broken+" %s was removed, and serves", n.ID())
		}
		if told() {
			break
		}
	}
	n.Forgive() // other faults must not mistake this end for a crash
	if alone() && !told() {
		return fmt.Errorf("%s was removed, and was not told so: %s", n.ID(), n.Tail(1))
	}
	return nil
}

// logSince returns a function that returns what a node has logged from now on.
func logSince(n *nodes.Node) func() string {
	before, _ := os.ReadFile(n.LogFile())
	return func() string {
		now, _ := os.ReadFile(n.LogFile())
		return string(now[min(len(before), len(now)):])
	}
}

// replaceOne is the ordinary replacement of a machine.
func replaceOne(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n, release, did := member(ctx, c, r)
	if n == nil {
		return did, nil, nil
	}
	did = "replace " + n.ID()
	if c.Leader(ctx) == n {
		did += " (leader)"
	}
	return meanwhile(ctx, did, func(ctx context.Context) error {
		defer release()
		defer n.Forgive()
		if err := remove(ctx, c, n); err != nil {
			return err
		}
		return replace(ctx, c, n)
	})
}
