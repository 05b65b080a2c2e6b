//go:build aionfaults

package faults

import (
	"errors"
	"path/filepath"

	"github.com/hashicorp/raft"
)

// SnapshotStore adds the faults of snapshots to s, whose folder is dir. Raft's store uses the
// system's files directly, so the faults occur above it: a write fails before it is buffered, and a
// failing fsync fails the end of the snapshot. The store syncs a snapshot's contents before it
// renames its folder, and removes unfinished ones when it is opened. So a power loss can only undo
// the folder and its name.
func SnapshotStore(dir string, s raft.SnapshotStore) raft.SnapshotStore { return snapshots{s, dir} }

type snapshots struct {
	raft.SnapshotStore
	dir string
}

func (s snapshots) Create(v raft.SnapshotVersion, index, term uint64, c raft.Configuration, at uint64, t raft.Transport) (raft.SnapshotSink, error) {
	if k := hits(Snapshot, false); k != "" {
		return nil, full("create", s.dir)
	}
	sink, err := s.SnapshotStore.Create(v, index, term, c, at, t)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, sink.ID())
	must(watch().Create(path+".tmp", func() error { return nil })) // its name is known only now
	return &snapshot{SnapshotSink: sink, dir: s.dir, path: path}, nil
}

type snapshot struct {
	raft.SnapshotSink
	dir, path string
	closed    bool // both the state machine and raft close it
}

func (s *snapshot) Write(b []byte) (int, error) { return write(Snapshot, b, s.SnapshotSink.Write) }

func (s *snapshot) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := flush(Snapshot, func() error {
		if err := watch().Rename(s.path+".tmp", s.path, s.SnapshotSink.Close); err != nil {
			return err
		}
		return watch().SyncFolder(s.dir, func() error { return nil }) // Close has synced it, after the rename
	})
	if err != nil {
		return errors.Join(err, s.SnapshotSink.Cancel())
	}
	return nil
}
