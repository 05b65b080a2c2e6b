package logstore

import (
	"testing"

	"github.com/hashicorp/raft"
)

// TestLogSurvivesReopeningAfterItsTailWasCut: a node that returns after a crash cuts entries that
// the new leader does not have, and must find the rest at its next start. raft-wal v0.4.0 sealed
// the cut segment without its index (hashicorp/raft-wal#31): after a second restart nothing in it
// was readable, and three nodes that had all been killed twice had no log left.
func TestLogSurvivesReopeningAfterItsTailWasCut(t *testing.T) {
	for _, store := range []string{Bolt, WAL} {
		t.Run(store, func(t *testing.T) {
			cfg := Config{Dir: t.TempDir(), LogStore: store, SegmentBytes: 1 << 20, Fatal: func(err error) { t.Error(err) }}
			open := func() *Stores {
				t.Helper()
				s, err := Open(cfg)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			s := open()
			for i := uint64(1); i <= 10; i++ {
				if err := s.Log.StoreLog(&raft.Log{Index: i, Term: 1, Data: []byte("old")}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Log.DeleteRange(8, 10); err != nil {
				t.Fatal(err)
			}
			if err := s.Log.StoreLog(&raft.Log{Index: 8, Term: 2, Data: []byte("new")}); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = open()
				for i := uint64(1); i <= 8; i++ {
					var l raft.Log
					if err := s.Log.GetLog(i, &l); err != nil {
						t.Fatalf("entry %d: %v", i, err)
					}
					if want := map[bool]uint64{true: 2, false: 1}[i == 8]; l.Term != want {
						t.Errorf("entry %d has term %d, want %d", i, l.Term, want)
					}
				}
			}
			s.Close()
		})
	}
}
