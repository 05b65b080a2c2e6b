//go:build !aionfaults

package faults

import (
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
)

// Injected tells whether this build can have faults at all.
const Injected = false

// Now is the time of this machine, with its monotonic reading.
func Now() time.Time { return time.Now() }

// Wall is what the wall clock showed at t, for comparing with other machines.
func Wall(t time.Time) time.Time { return t }

// Snapshots changes nothing.
func Snapshots(*raft.Config) {}

// FS is fs.
func FS(fs vfs.FS) vfs.FS { return fs }

// Segments leaves the wal its files.
func Segments(string) (open func(*wal.WAL)) { return func(*wal.WAL) {} }

// Stable is s.
func Stable(s raft.StableStore) raft.StableStore { return s }

// Archive is f.
func Archive(f *os.File) *os.File { return f }
