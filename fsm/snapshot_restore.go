package fsm

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Restore replaces the whole state by a snapshot: built beside, checked, synced, swapped by rename.
// On an error the old state is still there. Views under way finish on the old state; those that
// come during the swap wait for the new one.
func (s *State) Restore(r io.Reader) error {
	if err := s.failed(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.build(r); err != nil {
		return fmt.Errorf("restore: %w", errors.Join(err, s.cfg.FS.RemoveAll(s.dir.building())))
	}
	if err := s.cfg.FS.RemoveAll(s.dir.next()); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.dir.move(s.dir.building(), s.dir.next()); err != nil {
		return fmt.Errorf("restore: %w", err)
	}

	s.retire()
	err := s.db.Close()
	if err == nil {
		err = s.dir.swap()
	}
	if again := s.open(); again != nil { // whichever is live: the new state, or on an error the old one
		err = errors.Join(err, again)
		s.abandon(err)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := s.cfg.FS.RemoveAll(s.dir.old()); err != nil {
		return fmt.Errorf("restore: remove the old state: %w", err)
	}
	return nil
}

// build writes the snapshot's files into a folder of their own and checks that they are the
// database that the header promises.
func (s *State) build(r io.Reader) error {
	fs, folder := s.cfg.FS, s.dir.building()
	if err := errors.Join(fs.RemoveAll(folder), fs.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	want, files, err := readHead(r)
	if err != nil {
		return err
	}
	for i := range files {
		if err := s.buildFile(r); err != nil {
			return fmt.Errorf("file %d of %d: %w", i+1, files, err)
		}
	}
	got, err := s.inspect(folder)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("the snapshot says index %d and digest %s, its files hold index %d and digest %s",
			want.Index, digestOf(want.Digest), got.Index, digestOf(got.Digest))
	}
	return s.dir.sync(folder)
}

func (s *State) buildFile(r io.Reader) (err error) {
	name, size, err := readFileHead(r)
	if err != nil {
		return err
	}
	f, err := s.cfg.FS.Create(s.cfg.FS.PathJoin(s.dir.building(), name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := crc32.New(castagnoli)
	sum.Write([]byte(name))
	// The sum first: a MemFS may scribble over what it was given to write, and does so under the
	// race detector.
	if _, err := io.CopyN(io.MultiWriter(sum, f), r, size); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var want [4]byte
	if _, err := io.ReadFull(r, want[:]); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !bytes.Equal(want[:], sum.Sum(nil)) {
		return fmt.Errorf("%s: its checksum is wrong", name)
	}
	return f.Sync()
}

// abandon closes the state when there is no database any more.
func (s *State) abandon(err error) {
	s.fail(errors.Join(err, s.lock.Close()))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
	s.idle.Broadcast()
}
