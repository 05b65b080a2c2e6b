package logstore

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// CutCovered empties a log that ends before the newest snapshot, before raft starts.
//
// Raft stores a snapshot that a leader sent, and empties the log only after restoring it. After a
// crash in between, raft would continue behind the snapshot. A log that allows no gaps refuses that
// entry, at every start again.
func CutCovered(log raft.LogStore, snapshots raft.SnapshotStore) error {
	list, err := snapshots.List()
	if err != nil || len(list) == 0 {
		return err
	}
	first, err := log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := log.LastIndex()
	if err != nil || last == 0 || last >= list[0].Index {
		return err
	}
	if err := log.DeleteRange(first, last); err != nil {
		return fmt.Errorf("cut entries %d to %d, which snapshot %s covers: %w", first, last, list[0].ID, err)
	}
	return nil
}
