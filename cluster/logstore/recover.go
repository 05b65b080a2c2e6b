package logstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/cluster/durable"
	walfs "github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
)

// What raft's stores leave to whoever opens them after a process that was killed. Both were found
// by killing processes and taking their unsynced writes away (internal/faults/power).

// syncTree syncs all files and folders below dir. What a killed process has written and not synced
// is read as though it were on the disk, and raft answers for it to the leader without writing it
// again: it has to be on the disk before. The wal syncs its folder only with a file that the same
// process has made. Synced files cost next to nothing.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() && !e.Type().IsRegular() {
			return err
		}
		return durable.SyncFolder(path) // files, too
	})
}

// finishRotation writes down that the last segment of the wal in dir is full, if its file says so
// and the list of segments does not: a process can end between the two, be it in order. The wal
// (v0.4.1) opens such a segment as the one to write to and then refuses every write, for ever. The
// file of the next segment is made by the wal. What the last segment holds is synced already.
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

// removeUnfinishedSnapshots removes what a crash while a snapshot was written has left. Raft's
// store passes over it, and keeps it for ever: each such crash would cost the disk another copy of
// the state. Nobody writes there now, for the lock of the stable store is ours.
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
