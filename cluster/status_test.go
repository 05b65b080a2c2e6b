package cluster

import (
	"testing"

	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hashicorp/raft"
)

// After a crash between flushing the state for a snapshot and storing that snapshot, raft begins
// further back than the state. The applied index that the node reported used to go back then.
func TestAppliedIsNeverBehindTheState(t *testing.T) {
	state, err := fsm.Open(fsm.Config{FS: vfs.NewMem(), Dir: "state"})
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	piece, err := fsm.EncodeEnvelope(fsm.Envelope{Command: &fsm.AnnounceLeader{Node: "n1", Term: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := state.Apply(720, fsm.EntryOf(1, [][]byte{piece})); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{state: state}
	if got := c.applied(); got != 720 {
		t.Errorf("before raft runs %d is applied, want 720", got)
	}
	config := raft.DefaultConfig()
	config.LocalID, config.Logger = "n1", nil
	config.LogOutput = t.Output()
	store := raft.NewInmemStore()
	_, transport := raft.NewInmemTransport("n1")
	r, err := raft.NewRaft(config, &replica{state: state}, store, store, raft.NewInmemSnapshotStore(), transport)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { r.Shutdown().Error() }()
	c.raft.Store(r)
	if got := c.applied(); got != 720 {
		t.Errorf("as raft begins %d is applied, want 720", got)
	}
}
