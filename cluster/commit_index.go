package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
)

// A node that starts without a quorum applies nothing, because raft learns the commit index only
// from a leader. So each node stores the commit index that it knew, and applies its log that far
// before raft starts. Committed entries stay committed and unchanged in the log, so an old index is
// still valid, only lower than necessary.
//
// Raft has RestoreCommittedLogs for this. In v1.8.0 it skips the configurations among those
// entries. It also hands the entries to a goroutine that does not run yet: with more than 8,192 of
// them a node would not start.

var commitIndexKey = []byte("aion/commit_index")

// commitIndexEvery is how often the commit index is stored: a node that dies forgets at most that
// much progress.
const commitIndexEvery = time.Second

// keepCommitIndex stores the commit index as it grows, and once more at the end.
func (c *Cluster) keepCommitIndex(ctx context.Context) {
	r, written := c.raft.Load(), uint64(0)
	if r == nil {
		return // Run ended while this node was entering a cluster
	}
	for {
		lifecycle.Pause(ctx, commitIndexEvery)
		if now := min(r.CommitIndex(), c.written.Durable()); now > written {
			if err := c.stores.Stable.SetUint64(commitIndexKey, now); err != nil {
				return // the guard has already stopped this node
			}
			written = now
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// applyCommitted applies the entries that this node knew to be committed before it restarted.
func (c *Cluster) applyCommitted() error {
	upTo, err := c.stores.Stable.GetUint64(commitIndexKey)
	if err != nil && !errors.Is(err, raftboltdb.ErrKeyNotFound) {
		return fmt.Errorf("read the commit index: %w", err)
	}
	first, err := c.stores.Log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := c.stores.Log.LastIndex()
	if err != nil {
		return err
	}
	for i := max(first, c.state.Applied()+1); i <= min(upTo, last); i++ {
		var entry raft.Log
		if err := c.stores.Log.GetLog(i, &entry); err != nil {
			return fmt.Errorf("read entry %d, which is committed: %w", i, err)
		}
		if entry.Type == raft.LogCommand {
			c.replica.Apply(&entry)
		}
		if err := c.replica.failure(); err != nil {
			return err
		}
	}
	return nil
}
