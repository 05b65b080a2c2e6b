//go:build aionfaults

package faults

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	walfs "github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
)

// hits returns what goes wrong with an operation now, after a hang if there is one.
func hits(area Area, sync bool) Kind {
	for {
		d := current().Disk
		if d.Fault == "" || d.Area != "" && d.Area != area || (d.Fault == Full || d.Fault == Short) && sync || d.Fault == Unsync && !sync {
			return ""
		}
		if counted.Add(1) <= int64(d.After) {
			return ""
		}
		if d.Fault != Hang {
			return d.Fault
		}
		time.Sleep(readEvery)
	}
}

// write is a write of b by way of w.
func write(area Area, b []byte, w func([]byte) (int, error)) (int, error) {
	switch hits(area, false) {
	case Full:
		return 0, fmt.Errorf("fault: %w", syscall.ENOSPC)
	case Short:
		n, err := w(b[:len(b)/2])
		if err == nil {
			err = fmt.Errorf("fault: %w", syscall.ENOSPC)
		}
		return n, err
	}
	return w(b)
}

// flush is an fsync by way of f. One that fails has not happened, as on a disk that lost its cache.
func flush(area Area, f func() error) error {
	if hits(area, true) != "" {
		return fmt.Errorf("fault: %w", syscall.EIO)
	}
	return f()
}

// FS is fs with the faults of the state.
func FS(fs vfs.FS) vfs.FS {
	if fs == nil {
		fs = vfs.Default
	}
	return stateFS{fs}
}

type stateFS struct{ vfs.FS }

func (s stateFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if k := hits(State, false); k != "" {
		return nil, fmt.Errorf("fault: create %s: %w", name, syscall.ENOSPC)
	}
	return stateFileOf(s.FS.Create(name, c))
}

func (s stateFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	return stateFileOf(s.FS.OpenReadWrite(name, c, o...))
}

func (s stateFS) OpenDir(name string) (vfs.File, error) { return stateFileOf(s.FS.OpenDir(name)) }

func (s stateFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return stateFileOf(s.FS.ReuseForWrite(from, to, c))
}

// Unwrap is for those who look for the file system below.
func (s stateFS) Unwrap() vfs.FS { return s.FS }

func stateFileOf(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return stateFile{f}, nil
}

type stateFile struct{ vfs.File }

func (f stateFile) Write(b []byte) (int, error) { return write(State, b, f.File.Write) }

func (f stateFile) WriteAt(b []byte, at int64) (int, error) {
	return write(State, b, func(b []byte) (int, error) { return f.File.WriteAt(b, at) })
}

func (f stateFile) Sync() error     { return flush(State, f.File.Sync) }
func (f stateFile) SyncData() error { return flush(State, f.File.SyncData) }

func (f stateFile) SyncTo(length int64) (full bool, err error) {
	err = flush(State, func() (err error) {
		full, err = f.File.SyncTo(length)
		return err
	})
	return full, err
}

// Segments gives the wal in dir files with the faults of the log.
func Segments(dir string) func(*wal.WAL) {
	return wal.WithSegmentFiler(segment.NewFiler(dir, logFS{walfs.New()}))
}

type logFS struct{ types.VFS }

func (l logFS) Create(dir, name string, size uint64) (types.WritableFile, error) {
	if k := hits(Log, false); k != "" {
		return nil, fmt.Errorf("fault: create %s: %w", name, syscall.ENOSPC)
	}
	return logFileOf(l.VFS.Create(dir, name, size))
}

func (l logFS) OpenWriter(dir, name string) (types.WritableFile, error) {
	return logFileOf(l.VFS.OpenWriter(dir, name))
}

func logFileOf(f types.WritableFile, err error) (types.WritableFile, error) {
	if err != nil {
		return nil, err
	}
	return logFile{f}, nil
}

type logFile struct{ types.WritableFile }

func (f logFile) WriteAt(b []byte, at int64) (int, error) {
	return write(Log, b, func(b []byte) (int, error) { return f.WritableFile.WriteAt(b, at) })
}

func (f logFile) Sync() error { return flush(Log, f.WritableFile.Sync) }

// Stable is s with the faults of the vote. Bolt takes no file but the system's, so they are met above it: nothing is half-written.
func Stable(s raft.StableStore) raft.StableStore { return stable{s} }

type stable struct{ raft.StableStore }

func (s stable) Set(key, val []byte) error {
	return commit(func() error { return s.StableStore.Set(key, val) })
}

func (s stable) SetUint64(key []byte, val uint64) error {
	return commit(func() error { return s.StableStore.SetUint64(key, val) })
}

func commit(f func() error) error {
	if k := hits(Vote, false); k != "" {
		return fmt.Errorf("fault: %w", syscall.ENOSPC)
	}
	return flush(Vote, f)
}

// File is what of an archive's file may go wrong.
type File interface {
	io.WriteCloser
	Sync() error
}

// Archive is f with the faults of archives.
func Archive(f *os.File) File { return blobFile{f} }

type blobFile struct{ *os.File }

func (f blobFile) Write(b []byte) (int, error) { return write(Blob, b, f.File.Write) }
func (f blobFile) Sync() error                 { return flush(Blob, f.File.Sync) }
