package cluster

import (
	"context"
	"strconv"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// keepLogSmall makes raft take a snapshot when half of the allowed log bytes follow the last one.
// It keeps only as many entries before the snapshot as fit into the other half.
func (c *Cluster) keepLogSmall(ctx context.Context) {
	most := c.cfg.Raft.LogBytes
	if !c.stores.Weighed() {
		return
	}
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, c.cfg.Raft.MembersEvery) {
		r := c.raft.Load()
		if r == nil {
			continue
		}
		snapshot, _ := strconv.ParseUint(r.Stats()["last_snapshot_index"], 10, 64)
		all, after := c.stores.Bytes(snapshot)
		if all <= most/2 {
			continue
		}
		if err := c.keepBehind(c.stores.Newest(most / 2)); err != nil {
			c.log.Warn("cannot say how many entries are kept behind a snapshot", "error", err)
		}
		if after < most/2 {
			continue
		}
		if err := r.Snapshot().Error(); err != nil && ctx.Err() == nil {
			c.log.Warn("the log is large, but no snapshot could be made", "bytes", all, "raft.log_bytes", most, "error", err)
		}
	}
}

// keepBehind sets how many entries raft keeps before a snapshot, if the current number is off by a
// tenth.
func (c *Cluster) keepBehind(n uint64) error {
	n = min(n, c.cfg.Raft.TrailingEntries)
	return c.tune(func(rc *raft.ReloadableConfig) {
		if now := rc.TrailingLogs; n < now-now/10 || n > now+now/10 {
			rc.TrailingLogs = n
		}
	})
}
