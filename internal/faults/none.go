//go:build !aionfaults

package faults

import (
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/types"
)

// Injected reports whether this build can inject faults.
const Injected = false

// Now returns the time of this machine, with its monotonic reading.
func Now() time.Time { return time.Now() }

// Wall returns t.
func Wall(t time.Time) time.Time { return t }

// Stall returns at once.
func Stall() {}

// Room returns free.
func Room(free uint64) uint64 { return free }

// Snapshots changes nothing.
func Snapshots(*raft.Config) {}

// FS returns fs.
func FS(fs vfs.FS) vfs.FS { return fs }

// Segments does not change the wal's files.
func Segments(string) (open func(*wal.WAL)) { return func(*wal.WAL) {} }

// Meta returns m.
func Meta(_ string, m types.MetaStore) types.MetaStore { return m }

// Stable returns s.
func Stable(_ string, s raft.StableStore) raft.StableStore { return s }

// SnapshotStore returns s.
func SnapshotStore(_ string, s raft.SnapshotStore) raft.SnapshotStore { return s }

// File is a file of an archive.
type File = *os.File

// Archive returns f.
func Archive(f *os.File) *os.File { return f }

// Rename calls os.Rename.
func Rename(from, to string) error { return os.Rename(from, to) }

// Remove calls os.Remove.
func Remove(path string) error { return os.Remove(path) }

// SyncFolder calls f.
func SyncFolder(_ string, f func() error) error { return f() }
