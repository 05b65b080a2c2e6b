package cluster

import (
	"testing"

	"github.com/hashicorp/raft"
)

func TestLogIsNeverCutAboveWhatTheStateHasFlushed(t *testing.T) {
	flushed := uint64(5)
	store := raft.NewInmemStore()
	log := &keptLog{LogStore: store, flushed: func() uint64 { return flushed }}
	for i := uint64(1); i <= 10; i++ {
		if err := log.StoreLog(&raft.Log{Index: i}); err != nil {
			t.Fatal(err)
		}
	}
	cut := func(first, last, wantFirst, wantLast uint64) {
		t.Helper()
		if err := log.DeleteRange(first, last); err != nil {
			t.Fatal(err)
		}
		gotFirst, _ := log.FirstIndex()
		gotLast, _ := log.LastIndex()
		if gotFirst != wantFirst || gotLast != wantLast {
			t.Errorf("after cutting %d to %d the log has %d to %d, want %d to %d", first, last, gotFirst, gotLast, wantFirst, wantLast)
		}
	}
	cut(1, 3, 4, 10)
	cut(4, 8, 6, 10) // stops at what is flushed
	cut(6, 8, 6, 10)
	cut(9, 10, 6, 8) // a tail that was never committed
	cut(6, 8, 0, 0)  // everything, after a snapshot was installed
}

// dense is a store that wants no gaps.
type dense struct{ *raft.InmemStore }

func (dense) IsMonotonic() bool { return true }

func TestKeptLogPassesOnThatAStoreWantsNoGaps(t *testing.T) {
	for _, c := range []struct {
		store raft.LogStore
		want  bool
	}{{raft.NewInmemStore(), false}, {dense{raft.NewInmemStore()}, true}} {
		if got := (&keptLog{LogStore: c.store}).IsMonotonic(); got != c.want {
			t.Errorf("over a %T raft sees monotonic %v, want %v", c.store, got, c.want)
		}
	}
}

// A node that is killed after it stored a snapshot that a leader sent, and before it emptied its log, must go on behind the snapshot.
func TestLogThatASnapshotCoversIsCut(t *testing.T) {
	for _, kind := range []string{LogStoreWAL, LogStoreBolt} {
		for _, c := range []struct {
			snapshot    uint64
			first, last uint64 // of the log, afterwards
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
			if err := cutCoveredLog(s.Log, s.Snapshots); err != nil {
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
