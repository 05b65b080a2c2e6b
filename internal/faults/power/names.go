//go:build linux

package power

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Create records do, which creates a file or folder at path, where nothing exists yet.
func (w *Watch) Create(path string, do func() error) error {
	if w == nil {
		return do()
	}
	folder, err := inode(filepath.Dir(path))
	if err != nil {
		return err
	}
	return w.change(record{Do: create, File: folder, Name: filepath.Base(path)}, func(string) error { return do() })
}

// MkdirAll is os.MkdirAll.
func (w *Watch) MkdirAll(path string, perm os.FileMode) error {
	if w == nil {
		return os.MkdirAll(path, perm)
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	if parent := filepath.Dir(path); parent != path {
		if err := w.MkdirAll(parent, perm); err != nil {
			return err
		}
	}
	return w.Create(path, func() error {
		if err := os.Mkdir(path, perm); !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}

// Remove removes a file or an empty folder.
func (w *Watch) Remove(path string) error {
	if w == nil {
		return os.Remove(path)
	}
	if below, err := os.ReadDir(path); err == nil && len(below) > 0 {
		return &fs.PathError{Op: "remove", Path: path, Err: syscall.ENOTEMPTY}
	}
	return w.moveAside(path)
}

// RemoveAll is os.RemoveAll as one change: a crash loses all of it or nothing.
func (w *Watch) RemoveAll(path string) error {
	if w == nil {
		return os.RemoveAll(path)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return w.moveAside(path)
}

// moveAside moves what is removed into the folder of the watch.
func (w *Watch) moveAside(path string) error {
	folder, err := inode(filepath.Dir(path))
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return err
	}
	return w.change(record{Do: remove, File: folder, Name: filepath.Base(path)}, func(kept string) error { return os.Rename(path, kept) })
}

// Rename records do, which renames from to to; another package may be the one that renames.
func (w *Watch) Rename(from, to string, do func() error) error {
	if w == nil {
		return do()
	}
	folder, err := inode(filepath.Dir(from))
	if err != nil {
		return err
	}
	into, err := inode(filepath.Dir(to))
	if err != nil {
		return err
	}
	return w.change(record{Do: rename, File: folder, Name: filepath.Base(from), Into: into, To: filepath.Base(to)}, func(kept string) error {
		if err := os.Link(to, kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("power: keep %s: %w", to, err)
		}
		return do()
	})
}

// change records r and then does it.
func (w *Watch) change(r record, do func(kept string) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.Do != create {
		r.Kept = fmt.Sprintf("gone-%d", w.seq+1)
	}
	seq, err := w.append(r)
	if err != nil {
		return err
	}
	if err := do(filepath.Join(w.dir, r.Kept)); err != nil {
		_, aerr := w.append(record{Do: void, Upto: seq})
		return errors.Join(err, aerr)
	}
	return nil
}

// SyncFolder records do, the fsync of a folder, after which its names are on the disk. path may
// also name a file.
func (w *Watch) SyncFolder(path string, do func() error) error {
	if w == nil {
		return do()
	}
	folder, err := inode(path)
	if err != nil {
		return err
	}
	return w.sync(synced, folder, "", do)
}

func inode(path string) (uint64, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return 0, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return st.Ino, nil
}
