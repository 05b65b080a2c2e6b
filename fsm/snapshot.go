package fsm

import (
	"errors"
	"fmt"
	"io"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/store"
)

// Snapshot is the state as a stream of bytes.
type Snapshot = store.Snapshot

// SnapshotHeader is what a snapshot says about itself before its content.
type SnapshotHeader = store.Header

// ReadSnapshotHeader reads the header of a snapshot's stream.
func ReadSnapshotHeader(r io.Reader) (SnapshotHeader, error) { return store.ReadHeader(r) }

// Snapshot prepares to write out the present state, or a later one. It is cheap; the work, which
// does not hold up Apply, is in Header and WriteTo.
func (s *State) Snapshot() (*Snapshot, error) {
	if err := s.failed(); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return s.db.Snapshot(s.held), nil
}

// Flushed returns the index up to which the state is on disk: the log must keep everything after
// it.
func (s *State) Flushed() (index uint64) {
	_ = s.held(func() (err error) {
		index, err = s.db.Flushed()
		s.fail(err)
		return nil
	})
	return index
}

// Restore replaces the whole state by a snapshot: built beside, checked, synced, swapped by rename.
// On an error the old state is still there. Views under way finish on the old state; those that
// come during the swap wait for the new one.
func (s *State) Restore(r io.Reader) error {
	if err := s.failed(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.db.Receive(r); err != nil {
		return fmt.Errorf("restore: %w", err)
	}

	s.retire()
	err := s.db.Swap()
	again := s.db.Reopen() // whichever is live: the new state, or on an error the old one
	if again == nil {
		again = s.load()
	}
	if again != nil {
		err = errors.Join(err, again, s.db.Close())
		s.abandon(err)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.db.RemoveOld(); err != nil {
		return fmt.Errorf("restore: remove the old state: %w", err)
	}
	return nil
}

// abandon closes the state when there is no database any more.
func (s *State) abandon(err error) {
	s.fail(err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
	s.idle.Broadcast()
}

// Checksum is the SHA-256 of every row with its key, in order: equal on nodes that applied the same
// entries, however they came to do so. It reads the whole state.
func (s *State) Checksum() (sum catalog.Digest, err error) {
	p := s.pin()
	if p == nil {
		return catalog.Digest{}, ErrClosed
	}
	defer p.drop()
	if sum, err = p.snap.Checksum(); err != nil {
		err = fmt.Errorf("checksum of the state: %w", err)
	}
	return sum, err
}
