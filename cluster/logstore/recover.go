package logstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/cluster/durable"
	walfs "github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/metadb"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
	"go.etcd.io/bbolt"
)

// This file repairs what raft's stores leave behind after a process was killed. Both cases were
// found by killing processes and discarding their unsynced writes (internal/faults/power).

// syncTree syncs all files and folders below dir. What a killed process has written without a sync
// is readable as if it were on disk, and raft acknowledges it to the leader without writing it
// again. So it has to reach the disk first. The wal syncs its folder only together with a file that
// the same process created. Files that are already synced cost almost nothing.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() && !e.Type().IsRegular() {
			return err
		}
		return durable.SyncFolder(path) // files as well
	})
}

// checkMeta refuses a list of segments that was cut off: the wal (v0.4.1) takes its tables for
// granted, and panics. It makes the file whole, with them, before it gets its name.
func checkMeta(path string) error {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	whole := false
	err = db.View(func(tx *bbolt.Tx) error {
		whole = tx.Bucket([]byte(metadb.MetaBucket)) != nil && tx.Bucket([]byte(metadb.StableBucket)) != nil
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !whole {
		return fmt.Errorf("%s: the list of the log's segments is damaged: its tables are missing", path)
	}
	return nil
}

// finishRotation marks the last segment of the wal in dir as full if its file says so but the list
// of segments does not: a process can end between the two, even in an orderly shutdown. The wal
// (v0.4.1) opens such a segment for writing and then refuses every write, forever. The wal creates
// the file of the next segment itself. The content of the last segment is already synced.
func finishRotation(dir string, meta types.MetaStore, segmentBytes int) error {
	state, err := meta.Load(dir)
	if err != nil || len(state.Segments) == 0 {
		return err
	}
	tail := &state.Segments[len(state.Segments)-1]
	if !tail.SealTime.IsZero() {
		return nil
	}
	w, err := segment.NewFiler(dir, walfs.New()).RecoverTail(*tail)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	full, index, err := w.Sealed()
	last := w.LastIndex()
	if err = errors.Join(err, w.Close()); err != nil || !full {
		return err
	}
	now := time.Now()
	tail.SealTime, tail.MaxIndex, tail.IndexStart = now, last, index
	state.Segments = append(state.Segments, types.SegmentInfo{
		ID: state.NextSegmentID, BaseIndex: last + 1, MinIndex: last + 1, Codec: tail.Codec, CreateTime: now, SizeLimit: uint32(segmentBytes),
	})
	state.NextSegmentID++
	return meta.CommitState(state)
}

// removeUnfinishedSnapshots removes what a crash during a snapshot has left. Raft's store skips it
// and keeps it forever, so each such crash would cost the disk another copy of the state. Nobody
// writes there now, because this process holds the lock of the stable store.
func removeUnfinishedSnapshots(dir string) error {
	dir = filepath.Join(dir, "snapshots")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".tmp" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
