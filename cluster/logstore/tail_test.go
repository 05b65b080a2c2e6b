package logstore

import (
	"bytes"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"
)

func TestTailIsBoundedByBytesAndEntries(t *testing.T) {
	big := func(i uint64) *raft.Log { return &raft.Log{Index: i, Data: make([]byte, 1000)} }
	l := newTail(raft.NewInmemStore(), 8, 3500)
	for i := uint64(1); i <= 5; i++ {
		if err := l.StoreLog(big(i)); err != nil {
			t.Fatal(err)
		}
	}
	if l.first != 3 || l.next != 6 || l.bytes != 3000 {
		t.Fatalf("keeps [%d, %d) with %d bytes", l.first, l.next, l.bytes)
	}
	if err := l.StoreLogs(testEntries(6, 30)); err != nil {
		t.Fatal(err)
	}
	if l.next-l.first > 8 {
		t.Fatalf("keeps %d entries", l.next-l.first)
	}
}

// raft hands over the leader's entries inside its futures, together with the answers of their
// commands. A cached entry must not keep those alive.
func TestTailKeepsEntriesAndNotWhatTheyLieIn(t *testing.T) {
	l := newTail(raft.NewInmemStore(), 8, 1<<20)
	logs := testEntries(1, 4)
	if err := l.StoreLogs(logs); err != nil {
		t.Fatal(err)
	}
	for _, log := range logs {
		if l.cached(log.Index) == log {
			t.Fatalf("entry %d is kept inside its future", log.Index)
		}
	}
}

// Whatever raft does to its log, reading through the tail equals reading the store.
func TestTailIsTheStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := raft.NewInmemStore()
		l := newTail(store, 5, 400)
		term, low, next := uint64(1), uint64(1), uint64(1)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				var logs []*raft.Log
				for range rapid.IntRange(1, 4).Draw(t, "batch") {
					logs = append(logs, &raft.Log{Index: next, Term: term, Data: make([]byte, rapid.IntRange(0, 150).Draw(t, "size"))})
					next++
				}
				if err := l.StoreLogs(logs); err != nil {
					t.Fatal(err)
				}
			case 2: // another leader overrules a suffix
				if next > low {
					from := rapid.Uint64Range(low, next-1).Draw(t, "from")
					if err := l.DeleteRange(from, next-1); err != nil {
						t.Fatal(err)
					}
					next, term = from, term+1
				}
			case 3: // compaction
				if next > low {
					to := rapid.Uint64Range(low, next-1).Draw(t, "to")
					if err := l.DeleteRange(low, to); err != nil {
						t.Fatal(err)
					}
					low = to + 1
				}
			}
			kept := 0
			for i := uint64(0); i <= next+1; i++ {
				var direct, through raft.Log
				e1, e2 := store.GetLog(i, &direct), l.GetLog(i, &through)
				if (e1 == nil) != (e2 == nil) || direct.Term != through.Term || !bytes.Equal(direct.Data, through.Data) {
					t.Fatalf("entry %d: the store says term %d %v, the tail term %d %v", i, direct.Term, e1, through.Term, e2)
				}
				if k := l.cached(i); k != nil {
					kept += len(k.Data)
				}
			}
			if kept != l.bytes {
				t.Fatalf("counts %d bytes, keeps %d", l.bytes, kept)
			}
		}
	})
}
