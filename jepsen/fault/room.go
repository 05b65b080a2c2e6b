package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/transport/wire"
)

func init() {
	register(Kind{
		Name: "disk-low", Family: "disk", What: "the leader's disk has hardly any room left, and then it has again",
		Min: 8 * time.Second, Max: 10 * time.Second, Tagged: true, Fault: Func(lowDisk),
	})
}

// lowDisk makes the leader's disk nearly full. The leader must report that, and transfer
// leadership, because new work goes to the leader. When there is room again it is like the others.
// Only a minority is low at a time, so somebody else can lead.
func lowDisk(ctx context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
	n := c.Leader(ctx)
	if n == nil {
		return Nothing + " nobody leads", nil, nil
	}
	release, why := claim(c, n)
	if why != "" {
		return why, nil, nil
	}
	starts := n.Starts()
	err := setControl(n, func(c *control) { c.Room = 1 << 20 })
	return n.Name + ", which leads, has 1 MiB of its disk left", func(ctx context.Context) error {
		defer release()
		err := leadsOn(ctx, c, n, starts)
		err = errors.Join(err, setControl(n, func(c *control) { c.Room = 0 }))
		for try := 0; try < 100; try++ { // the node checks every 2 s
			s, asked := n.Status(ctx)
			if asked != nil || s.Disk == nil || s.Disk.Level != "full" {
				return err // it is down: whoever took it down starts it
			}
			if !wait(ctx, 100*time.Millisecond) {
				break
			}
		}
		return errors.Join(err, fmt.Errorf("%s %s says 10 s after there was room that its disk is full", Broken, n.Name))
	}, err
}

// leadsOn returns what is wrong about a node whose disk has been full for a while: it has not
// noticed, or it still leads although healthy nodes could take over.
func leadsOn(ctx context.Context, c *nodes.Cluster, n *nodes.Node, starts int) error {
	var wrong error
	for range 20 { // of 250 ms each: other faults may affect the others at the moment
		wrong = nil
		s, err := n.Status(ctx)
		if err != nil || n.Starts() != starts || n.Frozen() {
			return nil // another fault affects it
		}
		healthy := 0
		for _, other := range c.Nodes() {
			if other != n && mayLead(ctx, other) {
				healthy++
			}
		}
		reached := c.Links.Open() && c.Switch == nil // faults of the switch are not known here
		switch {
		case s.Disk == nil || s.Disk.Level != "full":
			wrong = fmt.Errorf("%s %s has 1 MiB of its disk left and does not say so", Broken, n.Name)
		case s.Leader == n.ID() && reached && healthy == len(c.Nodes())-1:
			wrong = fmt.Errorf("%s %s leads on with a full disk, and %d others could", Broken, n.Name, healthy)
		}
		if wrong == nil {
			return nil
		}
		wait(ctx, 250*time.Millisecond)
	}
	return wrong
}

// mayLead reports whether nothing is known that keeps a node from leading.
func mayLead(ctx context.Context, n *nodes.Node) bool {
	if isSick(n) || n.Frozen() || n.Ready(ctx) != nil {
		return false
	}
	s, err := n.Status(ctx)
	voter := err == nil && slices.ContainsFunc(s.Members, func(m wire.Member) bool { return m.ID == n.ID() && m.Role == "voter" })
	return voter && !s.Draining && s.Clocks == "right"
}
