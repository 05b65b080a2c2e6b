package store

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// layout is the state's folder on disk:
//
//	live       the database
//	building   a snapshot that is being restored; worth nothing until it is complete
//	next       a restored snapshot, complete and synced, that is to take live's place
//	old        what live was, while it is being replaced
//	snap-N     the links of a snapshot that is being written out
//	LOCK       held by the process that has the state open
//
// Every step of a swap is one rename, and repair finishes or undoes what a crash left.
type layout struct {
	fs  vfs.FS
	dir string
}

func (l layout) path(name string) string { return l.fs.PathJoin(l.dir, name) }
func (l layout) live() string            { return l.path("live") }
func (l layout) building() string        { return l.path("building") }
func (l layout) next() string            { return l.path("next") }
func (l layout) old() string             { return l.path("old") }

// lock makes the folder and keeps others out of it.
func (l layout) lock() (io.Closer, error) {
	if err := l.make(); err != nil {
		return nil, err
	}
	held, err := l.fs.Lock(l.path("LOCK"))
	if err != nil {
		return nil, fmt.Errorf("lock it (is another node running on it?): %w", err)
	}
	return held, nil
}

// repair makes the folder what it is between operations: live, or nothing yet.
func (l layout) repair() error {
	names, err := l.fs.List(l.dir)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, name := range names {
		has[name] = true
	}
	switch {
	case !has["live"] && has["next"]: // the crash came between the two renames of a swap
		if err := l.move(l.next(), l.live()); err != nil {
			return err
		}
	case !has["live"] && has["old"]: // a swap that failed was not undone
		if err := l.move(l.old(), l.live()); err != nil {
			return err
		}
	}
	for _, name := range names {
		if name == "building" || name == "next" || name == "old" || strings.HasPrefix(name, "snap-") {
			if err := l.fs.RemoveAll(l.path(name)); err != nil {
				return err
			}
		}
	}
	return l.sync(l.dir)
}

// make makes the folder, durably: without syncing the folders that it stands in, a crash could take
// it away with everything that was synced inside.
func (l layout) make() error {
	var parents []string
	for dir := l.dir; ; {
		if _, err := l.fs.Stat(dir); err == nil {
			break
		}
		parent := l.fs.PathDir(dir)
		parents = append(parents, parent)
		if parent == dir {
			break
		}
		dir = parent
	}
	if err := l.fs.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	for _, dir := range parents {
		if err := l.sync(dir); err != nil {
			return err
		}
	}
	return nil
}

// swap puts next in the place of live. On an error live is what it was.
func (l layout) swap() error {
	if err := l.move(l.live(), l.old()); err != nil {
		return err
	}
	if err := l.move(l.next(), l.live()); err != nil {
		return errors.Join(err, l.move(l.old(), l.live()))
	}
	return nil
}

// move renames and makes the rename durable.
func (l layout) move(from, to string) error {
	if err := l.fs.Rename(from, to); err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return l.sync(l.dir)
}

func (l layout) sync(dir string) error {
	d, err := l.fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
