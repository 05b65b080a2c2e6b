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
		Name: "clone", Family: "identity", What: "copy the data folder of a running member, and start the copy at another address",
		Min: 2 * time.Second, Max: 6 * time.Second, On: Proxies, Fault: Func(clone),
	})
}

// clone is a machine that was cloned. While the original answers, the copy must end or stay
// outside, and the original must not be affected. If another fault keeps the original from
// answering, the copy may take its place, and the original ends when it returns.
func clone(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	alone := solitude(c)
	n, release, did := oneOfHealthy(ctx, c, r) // it may end, and rightly so, even at its start
	if n == nil {
		return did, nil, nil
	}
	life := n.Starts()
	s, err := c.Stranger("copy-of-"+n.Name, nodes.Strange{ID: n.ID(), Join: c.GossipAddresses()})
	if err == nil {
		err = n.CopyRunning(s.Data)
	}
	if err != nil {
		release()
		if s != nil {
			err = errors.Join(err, s.Dismiss())
		}
		if errors.Is(err, nodes.ErrDown) {
			return Nothing + " " + n.Name + " was killed", nil, nil
		}
		return "copy " + n.Name, nil, err
	}
	ended := s.Start() // an error means that it ended at once
	mend := func(ctx context.Context) error {
		defer release()
		var err error
		for end := time.Now().Add(20 * time.Second); ended == nil && s.Running() && alone() && time.Now().Before(end); {
			if err = counted(ctx, c, n, s); err != nil {
				break
			}
			wait(ctx, 100*time.Millisecond)
		}
		switch {
		case !alone():
			err = nil
		case err != nil:
		case s.Running():
			err = fmt.Errorf(Broken+" a copy of %s runs beside it for 20 s: docs say that it stops", n.Name)
		case !n.Running() || n.Starts() != life:
			err = fmt.Errorf(Broken+" %s ended because of its copy: %s", n.Name, n.Tail(1))
		}
		return errors.Join(err, s.Dismiss(), inPlace(ctx, c, n))
	}
	return "copy " + n.Name + ", and start the copy beside it", mend, nil
}

// counted returns an error if the cluster has the copy in the place of the original.
func counted(ctx context.Context, c *nodes.Cluster, n, s *nodes.Node) error {
	leader, seen := membersSeen(ctx, c)
	if seen == nil {
		return nil
	}
	for _, m := range seen.Members {
		if m.ID == n.ID() && m.RaftAddress == s.At().Raft {
			return fmt.Errorf(Broken+" %s runs, and its copy is counted in its place: leader %s has %s, %s, at the copy's address %s",
				n.Name, leader.Name, m.ID, m.Role, m.RaftAddress)
		}
	}
	return nil
}

// inPlace starts n until it keeps running and the cluster has it as a voter at its old address.
func inPlace(ctx context.Context, c *nodes.Cluster, n *nodes.Node) error {
	for {
		err := ready(ctx, n)
		if _, seen := membersSeen(ctx, c); err == nil && seen != nil {
			for _, m := range seen.Members {
				if m.ID == n.ID() && m.Role == "voter" && m.RaftAddress == n.At().Raft {
					return nil
				}
			}
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not a voter again where it was: %w", n.Name, errors.Join(err, ctx.Err()))
		}
		if !n.Running() {
			n.Forgive()
			n.Start() // it may end once more: then try again
			n.Forgive()
		}
		wait(ctx, 200*time.Millisecond)
	}
}
