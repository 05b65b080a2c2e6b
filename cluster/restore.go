package cluster

import (
	"fmt"

	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// catchUpFromSnapshot brings a state that is behind the newest snapshot up to it, before raft
// starts.
//
// Raft runs with NoSnapshotRestoreOnStart, because the state is on disk already; it therefore takes
// the newest snapshot's index as applied without looking. After a crash between storing a snapshot
// that a leader sent and restoring it, that would leave a hole nobody fills.
func catchUpFromSnapshot(state *fsm.State, snapshots raft.SnapshotStore) error {
	list, err := snapshots.List()
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	newest := list[0]
	_, header, err := snapshots.Open(newest.ID)
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
	_, content, err := snapshots.Open(newest.ID)
	if err != nil {
		return fmt.Errorf("open snapshot %s: %w", newest.ID, err)
	}
	defer content.Close()
	if err := state.Restore(content); err != nil {
		return fmt.Errorf("restore snapshot %s over a state of index %d: %w", newest.ID, state.Applied(), err)
	}
	return nil
}
