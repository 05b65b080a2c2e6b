package logstore

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/raft"
)

// TestHeadReadsOnlyTheBeginning spoils the end of a snapshot: its beginning can be read all the
// same, which shows that nobody reads the whole of it for that, and Open still finds the damage.
func TestHeadReadsOnlyTheBeginning(t *testing.T) {
	dir := t.TempDir()
	s := openTestStores(t, dir, WAL)
	defer s.Close()
	sink, err := s.Snapshots.Create(raft.SnapshotVersionMax, 9, 1, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	const content = "the head, and all the rest"
	if _, err := sink.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "snapshots", sink.ID(), "state.bin")
	if err := os.WriteFile(file, []byte(content[:len(content)-1]+"?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Snapshots.Open(sink.ID()); err == nil {
		t.Error("a spoilt snapshot is opened as if it were whole")
	}
	head, err := s.Head(sink.ID())
	if err != nil {
		t.Fatal(err)
	}
	defer head.Close()
	b := make([]byte, 8)
	if _, err := io.ReadFull(head, b); err != nil || string(b) != content[:8] {
		t.Errorf("it begins with %q, %v", b, err)
	}
	if _, err := s.Head("none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a snapshot that is not there: %v", err)
	}
}
