package logstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
	"github.com/hashicorp/raft"
)

var keyCurrentTerm = []byte("CurrentTerm") // raft's own

// Begin makes the stores those of a log that begins behind a snapshot: of this index and term, with
// this configuration, and with the content that write writes. Entries and snapshots that were there
// are removed once the snapshot is on disk. After a crash in between it may be called again.
func (s *Stores) Begin(index, term uint64, c raft.Configuration, write func(io.Writer) error) error {
	if err := s.Stable.SetUint64(keyCurrentTerm, term); err != nil {
		return err
	}
	_, transport := raft.NewInmemTransport("") // names addresses in a field that only builds of long ago read
	sink, err := s.Snapshots.Create(1, index, term, c, index, transport)
	if err != nil {
		return fmt.Errorf("create a snapshot: %w", err)
	}
	if err := write(sink); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	if err := sink.Close(); err != nil {
		return fmt.Errorf("finish a snapshot: %w", err)
	}
	if err := s.dropSnapshots(sink.ID()); err != nil {
		return err
	}
	first, err := s.Log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := s.Log.LastIndex()
	if err != nil || last == 0 {
		return err
	}
	return s.Log.DeleteRange(first, last)
}

// Term returns the newest term that the stores know.
func (s *Stores) Term() (uint64, error) {
	term, err := s.Stable.GetUint64(keyCurrentTerm)
	if err != nil && err.Error() == "not found" { // as raft does it
		err = nil
	}
	return term, err
}

// dropSnapshots removes all snapshots but one. Raft falls back to an older one if the newest cannot
// be read, and their configurations are those of a cluster that is gone.
func (s *Stores) dropSnapshots(but string) error {
	list, err := s.Snapshots.List()
	if err != nil || s.folder == "" {
		return err
	}
	for _, old := range list {
		if old.ID == but {
			continue
		}
		if err := os.RemoveAll(filepath.Join(s.folder, old.ID)); err != nil {
			return err
		}
	}
	return durable.SyncFolder(s.folder)
}
