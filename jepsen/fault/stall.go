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
		Min: 18 * time.Second, Max: 22 * time.Second, Tagged: true, Fault: Func(stallHeir),
	})
}

// stallHeir makes the state of a follower hang, like a database that cannot write its tables, and
// kills the leader. The follower has acknowledged everything, so it may win. Then it must notice
// that it cannot lead, and end, so that somebody else wins.
func stallHeir(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
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
	release, why := claim(c, heir)
	if why != "" {
		return why, nil, nil
	}
	err := setControl(heir, func(c *control) { c.Disk = disk{Fault: "stall"} })
	wait(ctx, 500*time.Millisecond) // the node reads the file every 20 ms, and applies something in that time
	leader.Kill()
	watching, stop := context.WithCancel(ctx)
	led := make(chan time.Duration, 1)
	starts := heir.Starts()
	go func() { led <- reign(watching, c, heir, starts) }()
	return fmt.Sprintf("%s applies nothing, and %s, which led, is killed", heir.Name, leader.Name), func(ctx context.Context) error {
		defer release()
		stop()
		var late error
		if d := <-led; d > endsWithin {
			late = fmt.Errorf("%s %s led for %v and applied nothing", Broken, heir.Name, d.Round(100*time.Millisecond))
		}
		err := heir.Offline(func() error { return setControl(heir, func(c *control) { c.Disk = disk{} }) })
		return errors.Join(late, err, heir.Start(), ready(ctx, heir))
	}, errors.Join(err, leader.Start())
}

// endsWithin is how long a leader whose state hangs may lead: the 5 s of its watchdog, or 10 s if
// it is asked to transfer leadership meanwhile, one tick of it, and the delays of a busy machine.
const endsWithin = 13 * time.Second

// reign returns the longest uninterrupted time in which others reported heir as leader, in its
// current life. Only a healthy node is believed, and time in which heir is stopped does not count.
func reign(ctx context.Context, c *nodes.Cluster, heir *nodes.Node, starts int) (longest time.Duration) {
	var since time.Time
	for wait(ctx, 250*time.Millisecond) && heir.Starts() == starts && heir.Running() {
		leads := false
		for _, n := range c.Nodes() {
			if n == heir || n.Frozen() {
				continue
			}
			asking, cancel := context.WithTimeout(ctx, time.Second)
			s, err := n.Status(asking)
			cancel()
			leads = leads || err == nil && s.Leader == heir.ID()
		}
		switch {
		case !leads || heir.Frozen():
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		default:
			longest = max(longest, time.Since(since))
		}
	}
	return longest
}
