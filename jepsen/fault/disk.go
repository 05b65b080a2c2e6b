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
	kind := func(name, what string, who choice) {
		register(Kind{Name: "disk-" + name, Family: "disk", What: what, Min: time.Second, Max: 6 * time.Second, Tagged: true, Fault: badDisk(name, who)})
	}
	kind("full", "one node's writes fail with ENOSPC", anyOne)
	kind("unsync", "one node's fsyncs fail with EIO", anyOne)
	kind("short", "one node's writes take half of their bytes and fail", anyOne)
	kind("hang", "the leader's writes and fsyncs block", theLeader)
}

// badDisk lets files of one node fail, in one area or all. The node stops, as it must, or meets nothing in this time. In the end it is started again on what
// is on its disk: what was half-written and what it had not synced is there, for only the process has died.
func badDisk(kind string, who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		if err := untagged(c); err != nil {
			return "", nil, err
		}
		n := who(ctx, c, r)[0]
		release, ok := claim(c, n)
		if !ok {
			return "nothing: the disk of " + n.Name + " or of another is sick already", nil, nil
		}
		d := disk{Fault: kind, Area: []string{"", "log", "vote", "state", "blob"}[r.IntN(5)], After: r.IntN(20)}
		where := d.Area
		if where == "" {
			where = "all"
		}
		err := tell(n, func(c *control) { c.Disk = d })
		return fmt.Sprintf("%s: %s files are %s after %d operations", n.Name, where, kind, d.After), func(ctx context.Context) error {
			defer release()
			// A node that found its disk sick is on its way out, which may take it ten seconds.
			n.Kill()
			n.Forgive()
			err := tell(n, func(c *control) { c.Disk = disk{} })
			return errors.Join(err, start([]*nodes.Node{n}), ready(ctx, n))
		}, err
	})
}
