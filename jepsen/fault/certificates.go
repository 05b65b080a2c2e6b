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
		Name: "rotate", Family: "certificates", What: "go to another CA as the manual says: trust both, renew all certificates, drop the old one; restart nodes and the leader in between",
		Min: 4 * time.Second, Max: 6 * time.Second, Orderly: true, Certified: true, Fault: Func(rotate),
	})
}

// rotate replaces the CA of all nodes while they work. Open connections go on with what they were
// made with, so after each step some node is restarted, the leader too: then everybody speaks to it
// by what there is now. In the end nobody may be let in any more by the CA that was dropped.
func rotate(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	if !c.HasCertificates() {
		return "", nil, errors.New("nodes have no certificates")
	}
	done, ok := operate(c)
	if !ok {
		return busy, nil, nil
	}
	steps, finish := c.Rotation()
	at := 0
	// go on makes the steps that are left: one that was begun is made again, which changes nothing.
	goOn := func(ctx context.Context) error {
		for ; at < len(steps); at++ {
			order := everyone(ctx, c, r)
			for _, n := range order {
				if err := steps[at](n); err != nil {
					return err
				}
				n.Reread()
				if !wait(ctx, 100*time.Millisecond) {
					return nil
				}
			}
			if err := anew(ctx, c, r, order); err != nil || ctx.Err() != nil {
				return err
			}
		}
		return nil
	}
	err := goOn(ctx)
	return "another CA for all nodes", func(ctx context.Context) error {
		defer done()
		if err := goOn(ctx); err != nil {
			return err
		}
		finish()
		return dropped(ctx, c, r)
	}, err
}

// anew restarts the leader or another node in order, and waits until it is ready.
func anew(ctx context.Context, c *nodes.Cluster, r *rand.Rand, order []*nodes.Node) error {
	n := one(r, order)
	if l := c.Leader(ctx); l != nil && r.IntN(2) == 0 {
		n = l
	}
	back := away(ctx, n)
	defer back()
	if err := errors.Join(n.Stop(30*time.Second), start([]*nodes.Node{n})); err != nil {
		return err
	}
	for try := 0; n.Ready(ctx) != nil && ctx.Err() == nil; try++ {
		if try == 150 {
			return fmt.Errorf(Broken+" %s, restarted while certificates are replaced, is not ready after 15 s", n.Name)
		}
		wait(ctx, 100*time.Millisecond)
	}
	return nil
}

// dropped tries to pass for a node by the CA that is not trusted any more.
func dropped(ctx context.Context, c *nodes.Cluster, r *rand.Rand) error {
	for _, n := range c.Nodes() {
		as := one(r, c.Nodes())
		in, err := c.LetsIn(ctx, n, as)
		if err != nil {
			return err
		}
		if in {
			return fmt.Errorf(Broken+" %s lets somebody in as %s by a CA that was dropped", n.Name, as.Name)
		}
	}
	return nil
}
