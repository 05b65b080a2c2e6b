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

// Injected tells whether this build can have faults at all.
const Injected = false

// Now is the time of this machine, with its monotonic reading.
func Now() time.Time { return time.Now() }

// Wall is what the wall clock showed at t, for comparing with other machines.
func Wall(t time.Time) time.Time { return t }

// Stall returns at once.
func Stall() {}

// Room is free.
func Room(free uint64) uint64 { return free }

// Snapshots changes nothing.
func Snapshots(*raft.Config) {}

// FS is fs.
func FS(fs vfs.FS) vfs.FS { return fs }

// Segments leaves the wal its files.
func Segments(string) (open func(*wal.WAL)) { return func(*wal.WAL) {} }

// Meta is m.
func Meta(_ string, m types.MetaStore) types.MetaStore { return m }

// Stable is s.
func Stable(_ string, s raft.StableStore) raft.StableStore { return s }

// SnapshotStore is s.
func SnapshotStore(_ string, s raft.SnapshotStore) raft.SnapshotStore { return s }

// Archive is f.
func Archive(f *os.File) *os.File { return f }

// Rename is os.Rename.
func Rename(from, to string) error { return os.Rename(from, to) }

// Remove is os.Remove.
func Remove(path string) error { return os.Remove(path) }

// SyncFolder is f.
func SyncFolder(_ string, f func() error) error { return f() }
