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
		Name: "state-stall", Family: "disk", What: "a follower applies nothing while its log goes on, and the leader dies",
		Min: 12 * time.Second, Max: 16 * time.Second, Tagged: true, Fault: Func(stallHeir),
	})
}

// stallHeir makes the state of a follower hang, as a database does that cannot write its tables, and kills the leader. The follower has acknowledged everything, so it may win; then it must notice that
// it cannot lead, and end, for somebody else to win.
func stallHeir(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	if err := untagged(c); err != nil {
		return "", nil, err
	}
	leader := c.Leader(ctx)
	var heir *nodes.Node
	for _, i := range r.Perm(len(c.Nodes())) {
		if n := c.Nodes()[i]; n != leader {
			heir = n
		}
	}
	if leader == nil {
		return "nothing: nobody leads", nil, &idle{"nobody led"}
	}
	release, ok := claim(c, heir)
	if !ok {
		return "nothing: the disk of " + heir.Name + " or of another is sick already", nil, nil
	}
	err := tell(heir, func(c *control) { c.Disk = disk{Fault: "stall"} })
	wait(ctx, 500*time.Millisecond) // it is read every 20 ms, and something is applied meanwhile
	leader.Kill()
	return fmt.Sprintf("%s applies nothing, and %s, which led, is killed", heir.Name, leader.Name), func(ctx context.Context) error {
		defer release()
		err := heir.Offline(func() error { return tell(heir, func(c *control) { c.Disk = disk{} }) })
		return errors.Join(err, heir.Start(), ready(ctx, heir))
	}, errors.Join(err, leader.Start())
}
