package cluster

import (
	"fmt"

	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
)

// catchUpFromSnapshot restores the newest snapshot if the state is behind it, before raft starts.
//
// Raft runs with NoSnapshotRestoreOnStart, because the state is already on disk. It therefore
// assumes, without checking, that the newest snapshot has been applied. A crash between storing a
// leader's snapshot and restoring it would leave a gap that nothing fills.
//
// It reads only the head of a snapshot that it does not restore: a snapshot is as large as the
// state, and a start must not take longer the larger the state is.
func catchUpFromSnapshot(state *fsm.State, stores *logstore.Stores) error {
	list, err := stores.Snapshots.List()
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	newest := list[0]
	header, err := stores.Head(newest.ID)
	if err != nil {
		return fmt.Errorf("open snapshot %s: %w", newest.ID, err)
	}
	h, err := fsm.ReadSnapshotHeader(header)
	header.Close()
	if err != nil {
		return fmt.Errorf("snapshot %s: %w", newest.ID, err)
	}
	if state.Applied() >= h.Index {
		return nil
	}
	_, content, err := stores.Snapshots.Open(newest.ID)
	if err != nil {
		return fmt.Errorf("open snapshot %s: %w", newest.ID, err)
	}
	defer content.Close()
	if err := state.Restore(content); err != nil {
		return fmt.Errorf("restore snapshot %s over a state of index %d: %w", newest.ID, state.Applied(), err)
	}
	return nil
}
