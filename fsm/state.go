package fsm

import (
	"context"
	"io"

	"aion.dev/aion/catalog"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Config says where a State lives and how it checks itself.
type Config struct {
	Dir        string // folder of its own; made when missing
	FS         vfs.FS // nil = the operating system's; tests use vfs.NewMem()
	CacheBytes int64  // Pebble's block cache; 0 = 64 MiB
	MaxRequest uint64 // request ids remembered at a time; 0 = 1,000,000. The same on every node
	Paranoid   bool   // check the invariants of DESIGN after every entry and panic when one is broken; tests only
}

// State is the state machine: every node has one, fed by the log.
//
// Apply, Restore and Close are called by one goroutine at a time (raft's); everything else may be called by any goroutine at any time.
type State struct{}

// Open opens the state in cfg.Dir, or makes an empty one. What was applied but not flushed before a crash is gone: the log applies it again.
func Open(cfg Config) (*State, error) { panic("fsm: Open is being built") }

// Apply applies one committed entry. Entries at or below Applied are skipped and answer nil. An error means that this node cannot go on: the entry
// cannot be read, or the disk failed; the state is unchanged then.
func (s *State) Apply(index uint64, entry []byte) ([]Result, error) {
	panic("fsm: Apply is being built")
}

// Applied returns the index of the newest applied entry.
func (s *State) Applied() uint64 { panic("fsm: Applied is being built") }

// Flushed returns the index up to which the state is on disk: the log must keep everything after it.
func (s *State) Flushed() uint64 { panic("fsm: Flushed is being built") }

// Digest returns the running digest over every applied batch, and the index it stands for.
func (s *State) Digest() (uint64, catalog.Digest) { panic("fsm: Digest is being built") }

// View calls f with a consistent picture of the state at one index. It never blocks Apply. The View is not used after f returns; what it returned may be kept.
func (s *State) View(f func(View)) { panic("fsm: View is being built") }

// Wait returns the applied index as soon as it is above after.
func (s *State) Wait(ctx context.Context, after uint64) (uint64, error) {
	panic("fsm: Wait is being built")
}

// Snapshot pins the present state for writing out. It is cheap; the work is in WriteTo.
func (s *State) Snapshot() (*Snapshot, error) { panic("fsm: Snapshot is being built") }

// Restore replaces the whole state by a snapshot: built beside, synced, swapped by rename. On an error the old state is still there.
func (s *State) Restore(r io.Reader) error { panic("fsm: Restore is being built") }

// Close releases the folder. Views under way finish first.
func (s *State) Close() error { panic("fsm: Close is being built") }

// Snapshot is a picture of the state at Index.
type Snapshot struct{}

// SnapshotHeader is what a snapshot says about itself before its content.
type SnapshotHeader struct {
	Index  uint64
	Digest catalog.Digest
}

// Header returns the snapshot's own index and digest.
func (s *Snapshot) Header() SnapshotHeader { panic("fsm: Snapshot is being built") }

// WriteTo streams the snapshot; what it names is on this node's disk before it returns.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) { panic("fsm: Snapshot is being built") }

// Release lets go of the snapshot; it may be called more than once.
func (s *Snapshot) Release() {}

// ReadSnapshotHeader reads the header of a snapshot's stream.
func ReadSnapshotHeader(r io.Reader) (SnapshotHeader, error) { panic("fsm: Snapshot is being built") }

// EncodeEntry writes an entry as Apply reads it.
func EncodeEntry(e Entry) ([]byte, error) { panic("fsm: EncodeEntry is being built") }

// EncodeEnvelope writes one command; EntryOf joins such pieces, so that a group committer encodes each command once, in its caller's goroutine.
func EncodeEnvelope(e Envelope) ([]byte, error) { panic("fsm: EncodeEnvelope is being built") }

// DecodeEnvelope is the reverse of EncodeEnvelope.
func DecodeEnvelope(b []byte) (Envelope, error) { panic("fsm: DecodeEnvelope is being built") }
