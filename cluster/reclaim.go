package cluster

import (
	"context"
	"time"

	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/internal/lifecycle"
)

const (
	reclaimEvery = 30 * time.Second
	reclaimLeast = 64 << 20 // bytes of deleted histories that justify the work
)

// keepReclaiming returns the disk space of deleted runs. By itself Pebble does so only when new
// data overwrites their range. This asks for it once the deleted part is a quarter of the state on
// disk, so that freeing one byte never writes more than four.
//
// The snapshots that are kept hold what was deleted, too. So as many new ones are asked for as are
// kept, each as small as the state has become. Raft takes one only if there are new entries since
// the last.
func (c *Cluster) keepReclaiming(ctx context.Context) {
	outdated := 0 // snapshots that may be from before a deletion
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, reclaimEvery) {
		if r := c.raft.Load(); outdated > 0 && r != nil && r.Snapshot().Error() == nil {
			outdated--
		}
		freed, disk := c.state.Freed(), c.state.DiskBytes()
		if freed < reclaimLeast || freed < disk/4 {
			continue
		}
		if err := c.state.Reclaim(ctx); err != nil {
			if ctx.Err() == nil {
				c.log.Warn("the space of deleted runs was not given back", "error", err)
			}
			continue
		}
		c.log.Info("gave back the space of deleted runs", "before", disk, "after", c.state.DiskBytes())
		outdated = logstore.KeptSnapshots
	}
}
