//go:build aionfaults

package faults

import (
	"errors"
	"io/fs"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS adds the faults of the state to fs.
func FS(fs vfs.FS) vfs.FS {
	if fs == nil {
		fs = vfs.Default
	}
	return stateFS{fs}
}

type stateFS struct{ vfs.FS }

func (s stateFS) Create(name string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	if k := hits(State, false); k != "" {
		return nil, full("create", name)
	}
	w := watch()
	if w == nil {
		return stateFileOf(s.FS.Create(name, c))
	}
	if err := w.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err = w.Create(name, func() error {
		f, err = stateFileOf(s.FS.Create(name, c))
		return err
	})
	return f, err
}

func (s stateFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (f vfs.File, err error) {
	if _, err := s.FS.Stat(name); err == nil {
		return stateFileOf(s.FS.OpenReadWrite(name, c, o...))
	}
	err = watch().Create(name, func() error {
		f, err = stateFileOf(s.FS.OpenReadWrite(name, c, o...))
		return err
	})
	return f, err
}

func (s stateFS) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	if k := hits(State, false); k != "" {
		return nil, full("rename", from)
	}
	err = watch().Rename(from, to, func() error {
		f, err = stateFileOf(s.FS.ReuseForWrite(from, to, c))
		return err
	})
	return f, err
}

func (s stateFS) Link(from, to string) error {
	if k := hits(State, false); k != "" {
		return full("link", from)
	}
	return watch().Create(to, func() error { return s.FS.Link(from, to) })
}

func (s stateFS) Rename(from, to string) error {
	if k := hits(State, false); k != "" {
		return full("rename", from)
	}
	return watch().Rename(from, to, func() error { return s.FS.Rename(from, to) })
}

func (s stateFS) Remove(name string) error {
	if w := watch(); w != nil {
		return w.Remove(name)
	}
	return s.FS.Remove(name)
}

func (s stateFS) RemoveAll(name string) error {
	if w := watch(); w != nil {
		return w.RemoveAll(name)
	}
	return s.FS.RemoveAll(name)
}

func (s stateFS) MkdirAll(name string, perm os.FileMode) error {
	if w := watch(); w != nil {
		return w.MkdirAll(name, perm)
	}
	return s.FS.MkdirAll(name, perm)
}

func (s stateFS) OpenDir(name string) (vfs.File, error) {
	f, err := s.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return stateFolder{f, name}, nil
}

// Unwrap returns the file system below, for callers that look for it.
func (s stateFS) Unwrap() vfs.FS { return s.FS }

func stateFileOf(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return stateFile{f}, nil
}

type stateFile struct{ vfs.File }

func (f stateFile) Write(b []byte) (int, error) {
	return write(State, b, recordWrite(f.Fd(), -1, f.File.Write))
}

func (f stateFile) WriteAt(b []byte, at int64) (int, error) {
	return write(State, b, recordWrite(f.Fd(), at, func(b []byte) (int, error) { return f.File.WriteAt(b, at) }))
}

func (f stateFile) Sync() error     { return flush(State, recordSync(f.Fd(), f.File.Sync)) }
func (f stateFile) SyncData() error { return flush(State, recordSync(f.Fd(), f.File.SyncData)) }

// SyncTo promises nothing unless it has synced everything, and Sync and SyncData do that.
func (f stateFile) SyncTo(length int64) (full bool, err error) {
	err = flush(State, func() (err error) {
		full, err = f.File.SyncTo(length)
		if err != nil || !full {
			return err
		}
		return recordSync(f.Fd(), f.File.SyncData)()
	})
	return full, err
}

type stateFolder struct {
	vfs.File
	name string
}

func (f stateFolder) Sync() error {
	return flush(State, func() error { return watch().SyncFolder(f.name, f.File.Sync) })
}
