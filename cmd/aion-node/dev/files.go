package dev

import (
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"time"
)

// maxFiles bounds the files that are checked repeatedly.
const maxFiles = 10_000

// files is the state of a project's folder: times and sizes of all files that a build may read.
type files map[string]stamp

type stamp struct {
	modified time.Time
	size     int64
}

// scanFolder walks the folder, except names that start with a dot, what is installed in
// node_modules, and the folder skipped. A file that disappears meanwhile counts as absent.
func scanFolder(dir, skipped string) (files, error) {
	found := files{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return err
		case err != nil:
			return nil
		case path != dir && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || path == skipped):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		if info, err := entry.Info(); err == nil {
			found[path] = stamp{info.ModTime(), info.Size()}
		}
		if len(found) > maxFiles {
			return fmt.Errorf("folder %s has more than %d files: a project has fewer", dir, maxFiles)
		}
		return nil
	})
	return found, err
}

func (f files) same(other files) bool {
	return maps.EqualFunc(f, other, func(a, b stamp) bool { return a.size == b.size && a.modified.Equal(b.modified) })
}
