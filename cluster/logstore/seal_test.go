package logstore

import (
	"strings"
	"testing"

	"github.com/hashicorp/raft"
)

// An entry that changed on disk is never returned: the node stops.
func TestAFlippedBitStopsTheNode(t *testing.T) {
	store := raft.NewInmemStore()
	var fatal error
	l := guardLog(store, &guard{fatal: func(err error) { fatal = err }})
	entry := raft.Log{Index: 7, Term: 2, Type: raft.LogCommand, Data: []byte("start order")}
	if err := l.StoreLogs([]*raft.Log{&entry}); err != nil {
		t.Fatal(err)
	}
	if entry.Extensions != nil {
		t.Error("the caller's entry was changed")
	}
	var read raft.Log
	if err := l.GetLog(7, &read); err != nil || string(read.Data) != "start order" || read.Extensions != nil {
		t.Fatalf("got %+v, %v", read, err)
	}
	for name, flip := range map[string]func(*raft.Log){
		"data": func(log *raft.Log) { log.Data[3] ^= 1 },
		"term": func(log *raft.Log) { log.Term ^= 4 },
		"type": func(log *raft.Log) { log.Type ^= 1 },
		"seal": func(log *raft.Log) { log.Extensions[0] ^= 1 },
	} {
		fatal = nil
		l := guardLog(store, &guard{fatal: func(err error) { fatal = err }})
		bad := *sealed([]*raft.Log{{Index: 8, Term: 2, Type: raft.LogCommand, Data: []byte("start order")}})[0]
		flip(&bad)
		if err := store.StoreLog(&bad); err != nil {
			t.Fatal(err)
		}
		if err := l.GetLog(8, &read); err == nil || fatal == nil || !strings.Contains(err.Error(), "entry 8") {
			t.Errorf("%s: read with %v, the node was told %v", name, err, fatal)
		}
	}
	// As a build without checksums wrote it.
	if err := store.StoreLog(&raft.Log{Index: 9, Data: []byte("old")}); err != nil {
		t.Fatal(err)
	}
	if err := l.GetLog(9, &read); err != nil || string(read.Data) != "old" {
		t.Errorf("got %+v, %v", read, err)
	}
}
