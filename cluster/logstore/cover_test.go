package logstore

import (
	"testing"

	"github.com/hashicorp/raft"
)

// A node that was killed after it stored a leader's snapshot, and before it emptied its log, must
// continue behind the snapshot.
func TestLogThatASnapshotCoversIsCut(t *testing.T) {
	for _, kind := range []string{WAL, Bolt} {
		for _, c := range []struct {
			snapshot    uint64
			first, last uint64 // of the log afterwards
			next        uint64
		}{{0, 1, 164, 165}, {100, 1, 164, 165}, {164, 1, 164, 165}, {433, 0, 0, 434}} {
			s := openTestStores(t, t.TempDir(), kind)
			if err := s.Log.StoreLogs(testEntries(1, 164)); err != nil {
				t.Fatal(err)
			}
			if c.snapshot > 0 {
				sink, err := s.Snapshots.Create(raft.SnapshotVersionMax, c.snapshot, 6, raft.Configuration{}, 1, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := sink.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := CutCovered(s.Log, s.Snapshots); err != nil {
				t.Fatal(err)
			}
			first, _ := s.Log.FirstIndex()
			last, _ := s.Log.LastIndex()
			if first != c.first || last != c.last {
				t.Errorf("%s: beside a snapshot of %d the log has %d to %d, want %d to %d", kind, c.snapshot, first, last, c.first, c.last)
			}
			if err := s.Log.StoreLogs(testEntries(c.next, c.next+3)); err != nil {
				t.Errorf("%s: behind a snapshot of %d: %v", kind, c.snapshot, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
