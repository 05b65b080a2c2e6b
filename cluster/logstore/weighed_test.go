package logstore

import (
	"testing"

	"github.com/hashicorp/raft"
)

func TestWeighedCountsWhatIsThere(t *testing.T) {
	inner := raft.NewInmemStore()
	if err := inner.StoreLogs([]*raft.Log{{Index: 5}, {Index: 6}}); err != nil {
		t.Fatal(err)
	}
	w, err := weigh(inner, 2000)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, all, after6, newest uint64) {
		t.Helper()
		a, f := w.bytes(6)
		if n := w.newest(1000); a != all || f != after6 || n != newest {
			t.Errorf("%s: %d bytes, %d after entry 6, %d entries in 1,000; want %d, %d, %d", what, a, f, n, all, after6, newest)
		}
	}
	check("opened", 2000, 0, 1)
	for i := uint64(7); i <= 10; i++ {
		if err := w.StoreLog(&raft.Log{Index: i, Data: make([]byte, 336)}); err != nil { // 400 with its head
			t.Fatal(err)
		}
	}
	check("written", 3600, 1600, 2)
	if err := w.DeleteRange(5, 7); err != nil {
		t.Fatal(err)
	}
	check("the head is cut", 1200, 1200, 2)
	if err := w.DeleteRange(10, 10); err != nil {
		t.Fatal(err)
	}
	check("the end is cut", 800, 800, 2)
	if err := w.StoreLogs([]*raft.Log{{Index: 20, Data: make([]byte, 36)}}); err != nil { // after a snapshot
		t.Fatal(err)
	}
	check("begun anew", 100, 100, 1)
	if bytes, writes := w.written.Load(), w.writes.Load(); bytes != 4*400+100 || writes != 5 {
		t.Errorf("%d bytes are written in %d writes, want 1,700 in 5", bytes, writes)
	}
}
