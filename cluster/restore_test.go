package cluster

import (
	"sync/atomic"
	"testing"

	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

func TestLogIsNeverCutAboveWhatTheStateHasFlushed(t *testing.T) {
	flushed := uint64(5)
	store := raft.NewInmemStore()
	restored := new(atomic.Bool)
	log := &keptLog{LogStore: store, flushed: func() uint64 { return flushed }, committed: func() uint64 { return 8 }, restored: restored, fatal: func(err error) { t.Error(err) }}
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
	restored.Store(true)
	cut(6, 8, 0, 0) // everything, after a snapshot was installed
}

// TestEndOfTheLogIsNeverCutBelowWhatIsCommitted: whoever asks for that leads another log. The process stops with its log as it was.
func TestEndOfTheLogIsNeverCutBelowWhatIsCommitted(t *testing.T) {
	for _, c := range []struct {
		name        string
		first       uint64
		installed   bool // a snapshot was, just before
		written     bool // and an entry after that
		wantStopped bool
	}{
		{name: "one above", first: 8},
		{name: "at", first: 7, wantStopped: true},
		{name: "below", first: 3, wantStopped: true},
		{name: "the whole log, as at the founding of another cluster", first: 1, wantStopped: true},
		{name: "the whole log, for a snapshot", first: 1, installed: true},
		{name: "the whole log, long after a snapshot", first: 1, installed: true, written: true, wantStopped: true},
	} {
		store := raft.NewInmemStore()
		var stopped []error
		log := &keptLog{
			LogStore: store, flushed: func() uint64 { return 5 }, committed: func() uint64 { return 7 },
			restored: new(atomic.Bool), fatal: func(err error) { stopped = append(stopped, err) },
		}
		for i := uint64(1); i <= 10; i++ {
			if err := log.StoreLog(&raft.Log{Index: i}); err != nil {
				t.Fatal(err)
			}
		}
		log.restored.Store(c.installed)
		last := uint64(10)
		if c.written {
			last = 11
			if err := log.StoreLog(&raft.Log{Index: last}); err != nil {
				t.Fatal(err)
			}
		}
		err := log.DeleteRange(c.first, last)
		if (err != nil) != c.wantStopped || (len(stopped) == 1) != c.wantStopped {
			t.Errorf("%s: answered %v, stopped by %v; want it to stop: %v", c.name, err, stopped, c.wantStopped)
		}
		if first, _ := store.FirstIndex(); c.wantStopped && first != 1 {
			t.Errorf("%s: the log begins at %d afterwards", c.name, first)
		}
		if got, _ := store.LastIndex(); c.wantStopped && got != last {
			t.Errorf("%s: the log ends at %d afterwards, want %d", c.name, got, last)
		}
	}
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

// One entry decides: a state that is one entry behind the newest snapshot has a hole that nobody fills, one that is level or ahead must be left alone.
func TestStateBehindTheNewestSnapshotIsRestored(t *testing.T) {
	const newest = 7
	state := func(upTo uint64) *fsm.State {
		s, err := fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem(), CacheBytes: 1 << 20, Paranoid: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		for i := uint64(1); i <= upTo; i++ {
			e, err := fsm.EncodeEntry(fsm.Entry{Commands: []fsm.Envelope{{Command: &fsm.AnnounceLeader{Node: "n1", Term: i}}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Apply(i, e); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	snapshots := raft.NewInmemSnapshotStore()
	sink, err := snapshots.Create(raft.SnapshotVersionMax, newest, 1, raft.Configuration{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := state(newest).Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if err := (picture{pinned}).Persist(sink); err != nil {
		t.Fatal(err)
	}
	pinned.Release()
	for _, c := range []struct{ at, want uint64 }{{0, newest}, {1, newest}, {newest - 1, newest}, {newest, newest}, {newest + 1, newest + 1}, {newest + 9, newest + 9}} {
		s := state(c.at)
		if err := catchUpFromSnapshot(s, snapshots); err != nil {
			t.Fatal(err)
		}
		if got := s.Applied(); got != c.want {
			t.Errorf("a state at %d beside a snapshot of %d starts at %d, want %d", c.at, newest, got, c.want)
		}
	}
}
