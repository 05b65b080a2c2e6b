package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "power-unwritten", Family: "disk", What: "the leader sends what its disk does not write, and loses its power; those who never heard of it go on with the leader",
		Min: 5 * time.Second, Max: 8 * time.Second, Tagged: true, On: Proxies, Fault: Func(loseUnwritten),
	})
}

// loseUnwritten makes a majority of a leader whose log hangs and of some followers, which have on
// their disks what it sends. Then its power goes, those followers stand still, and the leader makes
// a majority with the others. That one may do without anything that only the leader's disk missed,
// so none of it may have been acknowledged, or applied by the followers.
func loseUnwritten(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	leader := c.Leader(ctx)
	if leader == nil {
		return "nothing: nobody leads", nil, &idle{"nobody led"}
	}
	release, why := claim(c, leader)
	if why != "" {
		return why, nil, nil
	}
	lacks := map[*nodes.Node]bool{}
	var have []*nodes.Node
	for _, i := range r.Perm(len(c.Nodes())) {
		switch n := c.Nodes()[i]; {
		case n == leader:
		case len(lacks) < len(c.Nodes())/2:
			lacks[n] = true
		default:
			have = append(have, n)
		}
	}
	heal := between(c, links.Rule{Cut: true}, func(a, b *nodes.Node) bool { return lacks[a] != lacks[b] })
	err := setControl(leader, func(c *control) { c.Power.Watch, c.Disk = true, disk{Fault: "hang", Area: "log"} })
	wait(ctx, 300*time.Millisecond+time.Duration(r.Int64N(int64(time.Second))))
	for _, n := range have {
		n.Freeze()
	}
	leader.Kill()
	err = errors.Join(err, heal(ctx), leader.Offline(func() error {
		return setControl(leader, func(c *control) { c.Disk, c.Power.Lose, c.Power.All = disk{}, r.Uint64()|1, true })
	}), leader.Start())
	return fmt.Sprintf("%s, which leads, loses its power before its log is written, while %s have it, which stand still", leader.Name, names(have)), func(ctx context.Context) error {
		defer release()
		for _, n := range have {
			n.Thaw()
		}
		return errors.Join(setLoss(leader, 0, false), ready(ctx, leader))
	}, err
}
