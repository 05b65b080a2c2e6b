package logstore

import (
	"fmt"

	"github.com/hashicorp/raft"
)

// CutCovered empties a log that ends before the newest snapshot begins to stand for it, before raft
// starts.
//
// Raft stores a snapshot that a leader sent, and empties the log only once it has restored it.
// After a crash in between it would go on behind the snapshot, and a log that takes no gaps refuses
// that entry, after every start again.
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
