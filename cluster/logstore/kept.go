package logstore

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

// Kept refuses cuts that lose entries this node still needs: at the head, those that the state has
// not flushed, because they are applied again after a crash; at the end, those that are committed.
type Kept struct {
	raft.LogStore
	Flushed   func() uint64
	Committed func() uint64 // an index that the state has applied
	Restored  *atomic.Bool  // a snapshot was installed since the log was last written; raft then empties the log
	Fatal     func(error)
}

// IsMonotonic implements raft.MonotonicLogStore, which raft looks for by type assertion.
func (k *Kept) IsMonotonic() bool {
	m, ok := k.LogStore.(raft.MonotonicLogStore)
	return ok && m.IsMonotonic()
}

// StoreLog implements raft.LogStore.
func (k *Kept) StoreLog(log *raft.Log) error { return k.StoreLogs([]*raft.Log{log}) }

// StoreLogs implements raft.LogStore.
func (k *Kept) StoreLogs(logs []*raft.Log) error {
	k.Restored.Store(false)
	return k.LogStore.StoreLogs(logs)
}

// DeleteRange implements raft.LogStore. A cut of the head stops at what is flushed. Two other cuts
// pass: emptying the log after a snapshot was installed and flushed, and cutting an uncommitted
// end, which holds entries of a deposed leader.
//
// A cut of the end at or below what is committed stops the process before anything is cut. Raft
// never asks for one while every node is who it claims to be. The leader that asks either holds
// another cluster's log, or won an election that it should have lost.
func (k *Kept) DeleteRange(first, last uint64) error {
	newest, err := k.LastIndex()
	if err != nil {
		return err
	}
	if last < newest {
		if last = min(last, k.Flushed()); last < first {
			return nil
		}
		return k.LogStore.DeleteRange(first, last)
	}
	if emptied := k.Restored.Swap(false); emptied {
		return k.LogStore.DeleteRange(first, last)
	}
	if c := k.Committed(); first <= c {
		err := fmt.Errorf("a leader asks to cut the log from entry %d to its end at %d, but entries up to %d are committed here: it is not a leader of this cluster's log", first, last, c)
		k.Fatal(err)
		return err
	}
	return k.LogStore.DeleteRange(first, last)
}
