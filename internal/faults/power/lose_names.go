//go:build linux

package power

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// loseNames undoes changes of names, the last one first. In each folder a random number of its
// first changes has reached the disk, because file systems write them in order.
func loseNames(dir, root string, names []record, how Loss, r *rand.Rand, lost *Lost) error {
	lost.Names = len(names)
	of := map[uint64]int{}
	for _, n := range names {
		of[folderOf(n)]++
	}
	keep := map[uint64]int{}
	for _, n := range names {
		if folder := folderOf(n); !how.All && of[folder] > 0 {
			keep[folder], of[folder] = r.IntN(of[folder]+1), 0
		}
	}
	var undo []record
	for _, n := range names {
		if keep[folderOf(n)]--; keep[folderOf(n)] < 0 {
			undo = append(undo, n)
		}
	}
	for i := len(undo) - 1; i >= 0; i-- {
		folders, err := foldersBelow(root) // each time, because an undone change may have moved them
		if err != nil {
			return err
		}
		did, err := loseName(dir, undo[i], folders)
		if err != nil {
			return fmt.Errorf("undo %s of %s: %w", undo[i].Do, undo[i].Name, err)
		}
		if did {
			lost.NamesLost++
		}
	}
	return nil
}

// folderOf returns the folder whose order a change belongs to.
func folderOf(r record) uint64 {
	if r.Do == rename {
		return r.Into
	}
	return r.File
}

// loseName undoes one change, if it happened and its folder still exists.
func loseName(dir string, r record, folders map[uint64]string) (did bool, err error) {
	folder, ok := folders[r.File]
	if !ok {
		return false, nil
	}
	path, kept := filepath.Join(folder, r.Name), filepath.Join(dir, r.Kept)
	switch r.Do {
	case create:
		err = os.Rename(path, filepath.Join(dir, fmt.Sprintf("never-%d", r.Seq)))
	case remove:
		err = os.Rename(kept, path)
	case rename:
		into, ok := folders[r.Into]
		if _, err := os.Lstat(path); !ok || err == nil { // it was not renamed yet
			return false, nil
		}
		to := filepath.Join(into, r.To)
		if err = os.Rename(to, path); err == nil {
			if err = os.Link(kept, to); errors.Is(err, fs.ErrNotExist) {
				err = nil // nothing was there before
			}
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// foldersBelow maps inodes to folders.
func foldersBelow(root string) (map[uint64]string, error) {
	at := map[uint64]string{}
	return at, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) { // it belongs to another node
			return nil
		}
		if err != nil {
			return err
		}
		at[info.Sys().(*syscall.Stat_t).Ino] = path
		return nil
	})
}
