package cluster

import (
	"context"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// A snapshot writes the whole state anew. One every 16,384 small entries, some 7 MB of log, would
// write 50 times as much as the log does once the state takes 350 MB, and 500 times at 3.5 GB.
// So the larger the state, the more entries come before a snapshot, up to mostSnapshotFactor times
// RaftConfig.SnapshotEntries. There is an upper bound because a start reads all of them.
const (
	snapshotStep       = 64 << 20 // bytes of state for each further SnapshotEntries
	mostSnapshotFactor = 8
)

// snapshotEntries returns after how many entries a state of this size is written to a snapshot.
func snapshotEntries(least, stateBytes uint64) uint64 {
	return least * min(max(1, stateBytes/snapshotStep), mostSnapshotFactor)
}

// keepSnapshotsRare tells raft how many entries trigger a snapshot as the state grows and shrinks.
// Bytes of the log trigger one whatever the number of entries: see keepLogSmall.
func (c *Cluster) keepSnapshotsRare(ctx context.Context) {
	least := c.cfg.Raft.SnapshotEntries
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, c.cfg.Raft.SnapshotEvery) {
		want := snapshotEntries(least, c.state.DiskBytes())
		if err := c.tune(func(rc *raft.ReloadableConfig) { rc.SnapshotThreshold = want }); err != nil {
			c.log.Warn("cannot say how many entries trigger a snapshot", "error", err)
		}
	}
}

// tune changes some of raft's configuration while raft runs. Several goroutines do, each another
// part.
func (c *Cluster) tune(change func(*raft.ReloadableConfig)) error {
	c.tuning.Lock()
	defer c.tuning.Unlock()
	r := c.raft.Load()
	now := r.ReloadableConfig()
	soon := now
	if change(&soon); soon == now {
		return nil
	}
	return r.ReloadConfig(soon)
}
