package logstore

import (
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"
)

func TestLogIsNeverCutAboveWhatTheStateHasFlushed(t *testing.T) {
	flushed := uint64(5)
	store := raft.NewInmemStore()
	restored := new(atomic.Bool)
	log := &Kept{LogStore: store, Flushed: func() uint64 { return flushed }, Committed: func() uint64 { return 8 }, Restored: restored, Fatal: func(err error) { t.Error(err) }}
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
	cut(9, 10, 6, 8) // an end that was never committed
	restored.Store(true)
	cut(6, 8, 0, 0) // everything, after a snapshot was installed
}

// TestEndOfTheLogIsNeverCutBelowWhatIsCommitted: whoever asks for such a cut leads another log. The
// process stops, and its log is unchanged.
func TestEndOfTheLogIsNeverCutBelowWhatIsCommitted(t *testing.T) {
	for _, c := range []struct {
		name        string
		first       uint64
		installed   bool // a snapshot was installed just before
		written     bool // and an entry was written after that
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
		log := &Kept{
			LogStore: store, Flushed: func() uint64 { return 5 }, Committed: func() uint64 { return 7 },
			Restored: new(atomic.Bool), Fatal: func(err error) { stopped = append(stopped, err) },
		}
		for i := uint64(1); i <= 10; i++ {
			if err := log.StoreLog(&raft.Log{Index: i}); err != nil {
				t.Fatal(err)
			}
		}
		log.Restored.Store(c.installed)
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

// dense is a store that allows no gaps.
type dense struct{ *raft.InmemStore }

func (dense) IsMonotonic() bool { return true }

func TestKeptLogPassesOnThatAStoreWantsNoGaps(t *testing.T) {
	for _, c := range []struct {
		store raft.LogStore
		want  bool
	}{{raft.NewInmemStore(), false}, {dense{raft.NewInmemStore()}, true}} {
		if got := (&Kept{LogStore: c.store}).IsMonotonic(); got != c.want {
			t.Errorf("over a %T raft sees monotonic %v, want %v", c.store, got, c.want)
		}
	}
}
