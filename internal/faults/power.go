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

// init applies the previous process's power loss, if there was one, before any file is opened.
func init() {
	if control == "" {
		return
	}
	var c Control
	if b, err := os.ReadFile(control); err == nil {
		_ = json.Unmarshal(b, &c) // set reports the error
	}
	switch dir := powerDir(); {
	case c.Power.Lose != 0:
		lost, err := power.Lose(dir, filepath.Dir(dir), power.Loss{Seed: c.Power.Lose, All: c.Power.All})
		must(err)
		fmt.Fprintf(os.Stderr, "faults: the power went, and with it %s\n", lost)
	case !c.Power.Watch: // what has been recorded is outdated
		must(os.RemoveAll(dir))
	}
}

// powerDir is next to the control file, which is next to the data.
func powerDir() string { return control + ".power" }

var watched struct {
	sync.Mutex
	w *power.Watch
}

// watch returns nil until the control file asks for a Watch. From then on it always returns that
// one.
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

// must ends a process whose losses can no longer be determined: what the suite saw of it would
// prove nothing.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("faults: %v", err))
	}
}

// recordWrite wraps a write of b so that a power loss can undo it. The write is at an offset, or at
// the descriptor's position if at is negative.
func recordWrite(fd uintptr, at int64, w func([]byte) (int, error)) func([]byte) (int, error) {
	return func(b []byte) (int, error) {
		if fd != vfs.InvalidFd {
			must(watch().Write(fd, at, len(b)))
		}
		return w(b)
	}
}

// recordSync wraps an fsync, after which a power loss can undo nothing that came before.
func recordSync(fd uintptr, f func() error) func() error {
	return func() error {
		if fd == vfs.InvalidFd {
			return f()
		}
		return watch().Sync(fd, f)
	}
}

// Rename is os.Rename for archives, recorded.
func Rename(from, to string) error {
	if k := hits(Blob, false); k != "" {
		return full("rename", from)
	}
	return watch().Rename(from, to, func() error { return os.Rename(from, to) })
}

// Remove is os.Remove for archives, recorded.
func Remove(path string) error { return watch().Remove(path) }

// SyncFolder runs f, the fsync of a folder, recorded.
func SyncFolder(dir string, f func() error) error {
	return flush("", func() error { return watch().SyncFolder(dir, f) })
}
