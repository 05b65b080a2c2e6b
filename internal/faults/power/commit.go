//go:build linux

package power

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Commit records do, the commit of the bolt file at path, which returns once the commit is on the
// disk. Bolt writes to the system's files directly, so Commit copies the file before; these files
// are small. A file that does not exist yet cannot be undone.
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
