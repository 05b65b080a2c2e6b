//go:build aionfaults

package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"aion.dev/aion/internal/faults/power"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// init makes the power of the process before have gone, if it has: nobody has opened a file yet.
func init() {
	if control == "" {
		return
	}
	var c Control
	if b, err := os.ReadFile(control); err == nil {
		_ = json.Unmarshal(b, &c) // told by set
	}
	switch dir := powerDir(); {
	case c.Power.Lose != 0:
		lost, err := power.Lose(dir, filepath.Dir(dir), power.Loss{Seed: c.Power.Lose, All: c.Power.All})
		must(err)
		fmt.Fprintf(os.Stderr, "faults: the power went, and with it %s\n", lost)
	case !c.Power.Watch: // what has been noted is no longer true
		must(os.RemoveAll(dir))
	}
}

// powerDir is beside the control file, which stands beside the data.
func powerDir() string { return control + ".power" }

var watched struct {
	sync.Mutex
	w *power.Watch
}

// watch is nil until the control file asks for one; then it stays.
func watch() *power.Watch {
	watched.Lock()
	defer watched.Unlock()
	if watched.w == nil && current().Power.Watch {
		w, err := power.Open(powerDir())
		must(err)
		watched.w = w
	}
	return watched.w
}

// must ends a process whose losses cannot be told any more: what the suite saw of it would mean
// nothing.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("faults: %v", err))
	}
}

// noted is a write of b, at an offset or (negative) where the descriptor stands, that a power loss
// can undo.
func noted(fd uintptr, at int64, w func([]byte) (int, error)) func([]byte) (int, error) {
	return func(b []byte) (int, error) {
		if fd != vfs.InvalidFd {
			must(watch().Write(fd, at, len(b)))
		}
		return w(b)
	}
}

// settled is an fsync after which a power loss can undo nothing.
func settled(fd uintptr, f func() error) func() error {
	return func() error {
		if fd == vfs.InvalidFd {
			return f()
		}
		return watch().Sync(fd, f)
	}
}

// Rename is os.Rename for archives.
func Rename(from, to string) error {
	if k := hits(Blob, false); k != "" {
		return full("rename", from)
	}
	return watch().Rename(from, to, func() error { return os.Rename(from, to) })
}

// Remove is os.Remove for archives.
func Remove(path string) error { return watch().Remove(path) }

// SyncFolder is an fsync of a folder, by way of f.
func SyncFolder(dir string, f func() error) error {
	return flush("", func() error { return watch().SyncFolder(dir, f) })
}
