package cluster

import (
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/cluster/logstore"
	"github.com/hashicorp/raft"
)

// TestLogGoesOnWhereTheStateEnds: one entry makes the difference on each side. A log that begins
// one entry after the state, or after the newest snapshot, continues it; a log that begins one
// later has a gap. A log that ends at the state, or before it where a snapshot covers the rest, is
// whole; a log that ends one earlier has lost an entry.
func TestLogGoesOnWhereTheStateEnds(t *testing.T) {
	for _, c := range []struct {
		what        string
		applied     uint64
		first, last uint64 // of the log; 0, 0 is an empty one
		snapshot    uint64
		committed   uint64
		lost, gap   bool
	}{
		{what: "a new node"},
		{what: "a new node that knows its first entry", first: 1, last: 1},
		{what: "a state that is not flushed yet", first: 1, last: 9, committed: 9},
		{what: "level", applied: 9, first: 1, last: 9, committed: 9},
		{what: "the state one behind the log's end", applied: 8, first: 1, last: 9},
		{what: "the state one ahead of the log's end", applied: 10, first: 1, last: 9, lost: true},
		{what: "the same, with an old snapshot", applied: 10, first: 5, last: 9, snapshot: 7, lost: true},
		{what: "ahead of a log that a snapshot covers", applied: 10, first: 5, last: 9, snapshot: 10},
		{what: "one ahead of the snapshot, too", applied: 11, first: 5, last: 9, snapshot: 10, lost: true},
		{what: "an empty log behind a snapshot", applied: 10, snapshot: 10},
		{what: "an empty log behind a snapshot whose last entries were no commands", applied: 8, snapshot: 10},
		{what: "an empty log, and the state one ahead of the snapshot", applied: 11, snapshot: 10, lost: true},
		{what: "committed at the log's end", applied: 3, first: 1, last: 9, committed: 9},
		{what: "committed one beyond the log's end", applied: 3, first: 1, last: 9, committed: 10, lost: true},
		{what: "committed beyond the log, covered by a snapshot", applied: 10, first: 1, last: 9, snapshot: 10, committed: 10},
		{what: "the log begins one after the state", applied: 4, first: 5, last: 9},
		{what: "the log begins two after the state", applied: 3, first: 5, last: 9, gap: true},
		{what: "the log begins at the state", applied: 5, first: 5, last: 9},
		{what: "the log begins one after the snapshot, whose last entry was no command", applied: 3, first: 5, last: 9, snapshot: 4},
		{what: "the log begins two after the snapshot", applied: 2, first: 5, last: 9, snapshot: 3, gap: true},
		{what: "an empty state before a cut log", first: 2, last: 9, gap: true},
	} {
		store := raft.NewInmemStore()
		for i := c.first; i <= c.last && i > 0; i++ {
			if err := store.StoreLog(&raft.Log{Index: i}); err != nil {
				t.Fatal(err)
			}
		}
		snapshots := raft.NewInmemSnapshotStore()
		if c.snapshot > 0 {
			sink, err := snapshots.Create(raft.SnapshotVersionMax, c.snapshot, 1, raft.Configuration{}, 1, nil)
			if err == nil {
				err = sink.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := store.SetUint64(commitIndexKey, c.committed); err != nil {
			t.Fatal(err)
		}
		err := checkMeets(c.applied, &logstore.Stores{Log: store, Stable: store, Snapshots: snapshots}, "n1", "data")
		_, lost := errors.AsType[*LostEntries](err)
		_, gap := errors.AsType[*Gap](err)
		if lost != c.lost || gap != c.gap || err != nil && !lost && !gap {
			t.Errorf("%s: %v", c.what, err)
		} else if err != nil {
			for _, says := range []string{"data", "empty data folder", "aion-node cluster remove n1"} {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%s: %v does not say %q", c.what, err, says)
				}
			}
		}
	}
}
