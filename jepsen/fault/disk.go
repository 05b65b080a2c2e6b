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

// badDisk makes files of one node fail, in one area or in all. The node stops, as it must, or meets
// no failure in this time. At the end it is started again with what is on its disk. Half-written
// data is there. What was not synced is lost if fsyncs failed, because the page cache drops what it
// could not write; otherwise chance decides.
func badDisk(kind string, who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n := who(ctx, c, r)[0]
		release, why := claim(c, n)
		if why != "" {
			return why, nil, nil
		}
		d := disk{Fault: kind, Area: []string{"", "log", "vote", "state", "blob", "snapshot"}[r.IntN(6)], After: r.IntN(20)}
		if kind == "unsync" || r.IntN(2) == 0 {
			d.lost = r.Uint64() | 1
		}
		where := d.Area
		if where == "" {
			where = "all"
		}
		did := fmt.Sprintf("%s: %s files are %s after %d operations", n.Name, where, kind, d.After)
		errs := []error{setControl(n, func(c *control) { c.Power.Watch = true })}
		if d.Area == "snapshot" { // there are none otherwise
			errs = append(errs, setControl(n, snapshotsOften))
			n.Kill()
			errs = append(errs, n.Start())
			did += ", and it takes snapshots often"
		}
		errs = append(errs, setControl(n, func(c *control) { c.Disk = d }))
		return did, func(ctx context.Context) error {
			defer release()
			// A node that found its disk sick is about to end, which may take it ten seconds.
			err := n.Offline(func() error {
				return setControl(n, func(c *control) { c.Disk, c.Power.Lose = disk{}, d.lost })
			})
			return errors.Join(err, n.Start(), setLoss(n, 0, false), ready(ctx, n))
		}, errors.Join(errs...)
	})
}
