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
