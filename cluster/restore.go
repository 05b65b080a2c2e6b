package cluster

import (
	"fmt"
	"sync/atomic"

	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// catchUpFromSnapshot brings a state that is behind the newest snapshot up to it, before raft starts.
//
// Raft runs with NoSnapshotRestoreOnStart, because the state is on disk already; it therefore takes the newest snapshot's index as applied without
// looking. After a crash between storing a snapshot that a leader sent and restoring it, that would leave a hole nobody fills.
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

// cutCoveredLog empties a log that ends before the newest snapshot begins to stand for it, before raft starts.
//
// Raft stores a snapshot that a leader sent, and empties the log only once it has restored it. After a crash in between it would go on behind the snapshot, and a log that takes no gaps
// refuses that entry, after every start again.
func cutCoveredLog(log raft.LogStore, snapshots raft.SnapshotStore) error {
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

// keptLog refuses cuts that lose what this node still needs: at the head what the state has not flushed, for after a crash those entries are applied again; at the
// end what is committed.
type keptLog struct {
	raft.LogStore
	flushed   func() uint64
	committed func() uint64 // what the state has applied, at least
	restored  *atomic.Bool  // a snapshot was installed since the log was last written; raft then empties the log
	fatal     func(error)
}

// IsMonotonic implements raft.MonotonicLogStore, which raft looks for by type assertion.
func (k *keptLog) IsMonotonic() bool {
	m, ok := k.LogStore.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// StoreLog implements raft.LogStore.
func (k *keptLog) StoreLog(log *raft.Log) error { return k.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (k *keptLog) StoreLogs(logs []*raft.Log) error {
	k.restored.Store(false)
	return k.LogStore.StoreLogs(logs)
}

// DeleteRange implements raft.LogStore. Cutting the head stops at what is flushed. Emptying the log after a snapshot was installed, and with it flushed, goes
// through, and so does cutting an end that was never committed: entries of a deposed leader.
//
// Cutting the end at or below what is committed stops the process before anything is cut. Raft never asks for it while every node is who it says it is: the
// leader that asks holds another cluster's log, or won an election that it could not win.
func (k *keptLog) DeleteRange(first, last uint64) error {
	newest, err := k.LastIndex()
	if err != nil {
		return err
	}
	if last < newest {
		if last = min(last, k.flushed()); last < first {
			return nil
		}
		return k.LogStore.DeleteRange(first, last)
	}
	if emptied := k.restored.Swap(false); emptied {
		return k.LogStore.DeleteRange(first, last)
	}
	if c := k.committed(); first <= c {
		err := fmt.Errorf("a leader asks to cut the log from entry %d to its end at %d, but entries up to %d are committed here: it is not a leader of this cluster's log", first, last, c)
		k.fatal(err)
		return err
	}
	return k.LogStore.DeleteRange(first, last)
}
