package cluster

import (
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// recorder is a Link that notes what raft asks of it.
type recorder struct {
	*raft.InmemTransport
	handler bool
	entries int
}

func (r *recorder) SetHeartbeatHandler(func(raft.RPC)) { r.handler = true }
func (r *recorder) AppendEntries(_ raft.ServerID, _ raft.ServerAddress, args *raft.AppendEntriesRequest, _ *raft.AppendEntriesResponse) error {
	r.entries = len(args.Entries)
	return nil
}

func TestLinkKeepsPreVoteAndCloseWithoutTheHeartbeatFastPath(t *testing.T) {
	_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
	rec := &recorder{InmemTransport: inner}
	var trans raft.Transport = &link{Link: rec}
	if _, ok := trans.(raft.WithPreVote); !ok {
		t.Error("the wrapped transport has lost WithPreVote: raft would turn pre-vote off without a word")
	}
	if _, ok := trans.(raft.WithClose); !ok {
		t.Error("the wrapped transport has lost WithClose: raft would leave it open at shutdown")
	}
	trans.SetHeartbeatHandler(func(raft.RPC) {})
	if rec.handler {
		t.Error("the heartbeat handler reached the transport: its fast path can make logs diverge (hashicorp/raft#695)")
	}
	// The network transport satisfies Link too; this line is the assertion.
	var _ Link = (*raft.NetworkTransport)(nil)
}

func TestLinkBoundsAppendEntries(t *testing.T) {
	_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
	rec := &recorder{InmemTransport: inner}
	l := &link{Link: rec}
	big := make([]byte, 6<<20)
	for _, c := range []struct{ sizes, want int }{{0, 0}, {1, 1}, {2, 2}, {3, 2}, {9, 2}} {
		args := &raft.AppendEntriesRequest{}
		for range c.sizes {
			args.Entries = append(args.Entries, &raft.Log{Data: big})
		}
		if err := l.AppendEntries("b", "b", args, nil); err != nil {
			t.Fatal(err)
		}
		if rec.entries != c.want || len(args.Entries) != c.want {
			t.Errorf("of %d entries of 6 MiB %d were sent and %d counted by raft, want %d", c.sizes, rec.entries, len(args.Entries), c.want)
		}
	}
	if got := fitting([]*raft.Log{{Data: make([]byte, maxAppendBytes+1)}}); len(got) != 1 {
		t.Errorf("one entry above the limit: %d are sent, want 1", len(got))
	}
	l.mute()
	if err := l.AppendEntries("b", "b", &raft.AppendEntriesRequest{}, nil); err != errMuted {
		t.Errorf("a muted link answered %v", err)
	}
	if _, err := l.AppendEntriesPipeline("b", "b"); err != errMuted {
		t.Errorf("a muted link's pipeline answered %v", err)
	}
}
