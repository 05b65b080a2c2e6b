//go:build linux

package power

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Commit is a commit of the bolt file at path, by way of do, which returns once it is on the disk.
// Bolt writes past everybody, so the file is copied before: these files are small. A file that is
// not there yet cannot be undone.
func (w *Watch) Commit(path string, do func() error) error {
	if w == nil {
		return do()
	}
	was, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return do()
	}
	if err != nil {
		return err
	}
	file, err := inode(path)
	if err != nil {
		return err
	}
	w.mu.Lock()
	kept := fmt.Sprintf("commit-%d", w.seq+1)
	err = os.WriteFile(filepath.Join(w.dir, kept), was, 0o600)
	if err == nil {
		_, err = w.append(record{Do: commit, File: file, Name: path, Kept: kept})
	}
	w.mu.Unlock()
	if err != nil {
		return err
	}
	if err := w.sync(committed, 0, path, do); err != nil {
		return err
	}
	return os.Remove(filepath.Join(w.dir, kept))
}
