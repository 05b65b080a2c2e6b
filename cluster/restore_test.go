package cluster

import (
	"testing"

	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// One entry makes the difference: a state one entry behind the newest snapshot has a gap that
// nothing fills. A state that is level or ahead must be left alone.
func TestStateBehindTheNewestSnapshotIsRestored(t *testing.T) {
	const newest = 7
	state := func(upTo uint64) *fsm.State {
		s, err := fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem(), CacheBytes: 1 << 20, Check: audit.Check})
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
		if err := catchUpFromSnapshot(s, &logstore.Stores{Snapshots: snapshots}); err != nil {
			t.Fatal(err)
		}
		if got := s.Applied(); got != c.want {
			t.Errorf("a state at %d beside a snapshot of %d starts at %d, want %d", c.at, newest, got, c.want)
		}
	}
}
