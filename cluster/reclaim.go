package cluster

import (
	"context"
	"time"

	"aion.dev/aion/internal/lifecycle"
)

const (
	reclaimEvery = 30 * time.Second
	reclaimLeast = 64 << 20 // bytes of deleted histories that justify the work
)

// keepReclaiming returns the disk space of deleted runs. By itself Pebble does so only when new
// data overwrites their range. This asks for it once the deleted part is a quarter of the state on
// disk, so that freeing one byte never writes more than four.
func (c *Cluster) keepReclaiming(ctx context.Context) {
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, reclaimEvery) {
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
		if r := c.raft.Load(); r != nil {
			r.Snapshot() // an older snapshot still holds what was deleted; without new entries it is as small
		}
	}
}
