//go:build aionfaults

package faults

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	walfs "github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
)

// Segments gives the wal in dir files with the faults of the log.
func Segments(dir string) func(*wal.WAL) {
	return wal.WithSegmentFiler(segment.NewFiler(dir, logFS{walfs.New()}))
}

type logFS struct{ types.VFS }

func (l logFS) Create(dir, name string, size uint64) (f types.WritableFile, err error) {
	if k := hits(Log, false); k != "" {
		return nil, full("create", name)
	}
	w := watch()
	err = w.Create(filepath.Join(dir, name), func() error {
		f, err = l.VFS.Create(dir, name, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	must(w.Grown(descriptor(f), 0))
	return logFile{f, dir}, nil
}

func (l logFS) OpenWriter(dir, name string) (types.WritableFile, error) {
	f, err := l.VFS.OpenWriter(dir, name)
	if err != nil {
		return nil, err
	}
	return logFile{f, ""}, nil
}

func (l logFS) Delete(dir, name string) error {
	w := watch()
	if w == nil {
		return l.VFS.Delete(dir, name)
	}
	if err := w.Remove(filepath.Join(dir, name)); err != nil {
		return err
	}
	return flush(Log, func() error {
		return w.SyncFolder(dir, func() error {
			f, err := os.Open(dir)
			if err != nil {
				return err
			}
			return errors.Join(f.Sync(), f.Close())
		})
	})
}

func descriptor(f types.WritableFile) uintptr { return f.(interface{ Fd() uintptr }).Fd() }

type logFile struct {
	types.WritableFile
	dir string // of a new file, whose sync also syncs its folder
}

func (f logFile) WriteAt(b []byte, at int64) (int, error) {
	return write(Log, b, recordWrite(descriptor(f.WritableFile), at, func(b []byte) (int, error) { return f.WritableFile.WriteAt(b, at) }))
}

func (f logFile) Sync() error {
	sync := recordSync(descriptor(f.WritableFile), f.WritableFile.Sync)
	if f.dir == "" {
		return flush(Log, sync)
	}
	return flush(Log, func() error { return watch().SyncFolder(f.dir, sync) })
}

// Meta adds the faults of the log to the list of segments in dir. Bolt only accepts the system's
// files, so these faults occur above it: nothing is half-written, but a power loss within a commit
// can undo some of its pages.
func Meta(dir string, m types.MetaStore) types.MetaStore {
	return meta{m, filepath.Join(dir, "wal-meta.db")}
}

type meta struct {
	types.MetaStore
	path string
}

func (m meta) CommitState(s types.PersistentState) error {
	return commit(Log, m.path, func() error { return m.MetaStore.CommitState(s) })
}

func (m meta) SetStable(key, val []byte) error {
	return commit(Log, m.path, func() error { return m.MetaStore.SetStable(key, val) })
}

// Stable adds the faults of the vote to s, whose file is at path. They work like Meta's.
func Stable(path string, s raft.StableStore) raft.StableStore { return stable{s, path} }

type stable struct {
	raft.StableStore
	path string
}

func (s stable) Set(key, val []byte) error {
	return commit(Vote, s.path, func() error { return s.StableStore.Set(key, val) })
}

func (s stable) SetUint64(key []byte, val uint64) error {
	return commit(Vote, s.path, func() error { return s.StableStore.SetUint64(key, val) })
}

func commit(area Area, path string, f func() error) error {
	if k := hits(area, false); k != "" {
		return full("commit", path)
	}
	return flush(area, func() error { return watch().Commit(path, f) })
}
