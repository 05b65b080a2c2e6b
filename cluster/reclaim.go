package cluster

import (
	"context"
	"time"

	"aion.dev/aion/internal/lifecycle"
)

const (
	reclaimEvery = 30 * time.Second
	reclaimLeast = 64 << 20 // bytes of deleted histories that are worth the work
)

// keepReclaiming gives the disk back what deleted runs took. The state does so by itself only when
// others are written over them; here it is asked once the deleted are a quarter of what the state
// has on disk, so that making room for one byte never writes more than four.
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
			r.Snapshot() // an older one holds what was deleted. When there is nothing new, it is as small
		}
	}
}
