package cluster

import (
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster/port"
	"github.com/hashicorp/raft"
)

// inmem is a Link in memory.
type inmem struct{ *raft.InmemTransport }

func (inmem) CloseOthers(raft.ServerID, raft.ServerAddress) {}

func (inmem) Parted() <-chan string { return nil }

// recorder is a Link that records what raft asks of it.
type recorder struct {
	inmem
	handler bool
	entries int
}

func (r *recorder) SetHeartbeatHandler(func(raft.RPC)) { r.handler = true }
func (r *recorder) AppendEntries(_ raft.ServerID, _ raft.ServerAddress, args *raft.AppendEntriesRequest, _ *raft.AppendEntriesResponse) error {
	r.entries = len(args.Entries)
	return nil
}

// allDurable is the answer of a log that is not writing.
func allDurable() uint64 { return math.MaxUint64 }

func TestLinkKeepsPreVoteAndCloseWithoutTheHeartbeatFastPath(t *testing.T) {
	_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
	rec := &recorder{inmem: inmem{inner}}
	var trans raft.Transport = newLink(rec, func(bool) error { return nil }, func(any) error { return nil }, allDurable)
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
	// The network transport satisfies Link too; the compiler checks it here.
	var _ Link = (*port.RaftNetwork)(nil)
}

func TestLinkBoundsAppendEntries(t *testing.T) {
	_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
	rec := &recorder{inmem: inmem{inner}}
	l := newLink(rec, func(bool) error { return nil }, func(any) error { return nil }, allDurable)
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

// frozen is a Link to a node that accepts messages but never answers.
type frozen struct {
	inmem
	thaw chan struct{}
}

func (f *frozen) TimeoutNow(raft.ServerID, raft.ServerAddress, *raft.TimeoutNowRequest, *raft.TimeoutNowResponse) error {
	<-f.thaw
	return nil
}

func TestLinkGivesUpATimeoutNowSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
		f := &frozen{inmem{inner}, make(chan struct{})}
		defer close(f.thaw)
		l := newLink(f, func(bool) error { return nil }, func(any) error { return nil }, allDurable)
		began := time.Now()
		err := l.TimeoutNow("b", "b", &raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{})
		if err != errTimeoutNow || time.Since(began) != timeoutNowWithin {
			t.Errorf("answered %v after %v of the bubble's time: raft refuses commands so long", err, time.Since(began))
		}
	})
}

func TestLinkKeepsAnObjectingNodeFromStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		no := errors.New("its clock is wrong")
		_, inner := raft.NewInmemTransportWithTimeout("a", time.Second)
		l := newLink(inmem{inner}, func(bool) error { return no }, func(m any) error {
			if _, ok := m.(*raft.TimeoutNowRequest); ok {
				return no
			}
			return nil
		}, allDurable)
		var pre raft.RequestPreVoteResponse
		if err := l.RequestPreVote("b", "b", &raft.RequestPreVoteRequest{Term: 7}, &pre); err != nil || pre.Granted || pre.Term != 7 {
			t.Errorf("a pre-vote asked for: %+v, %v; want it denied in its own term, for a newer one would count as news", pre, err)
		}
		var vote raft.RequestVoteResponse
		if err := l.RequestVote("b", "b", &raft.RequestVoteRequest{Term: 7}, &vote); err != nil || vote.Granted || vote.Term != 7 {
			t.Errorf("a vote asked for: %+v, %v; want it denied", vote, err)
		}

		// Incoming messages: TimeoutNow is answered here; all others reach raft in order.
		_, other := raft.NewInmemTransportWithTimeout("b", time.Second)
		other.Connect("a", inner)
		heard := l.Consumer()
		if err := other.TimeoutNow("a", "a", &raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{}); err == nil || err.Error() != no.Error() {
			t.Errorf("a leadership offered: %v, want %v", err, no)
		}
		for term := range uint64(3) {
			go func() {
				rpc := <-heard
				rpc.Respond(&raft.RequestVoteResponse{Term: rpc.Command.(*raft.RequestVoteRequest).Term, Granted: true}, nil)
			}()
			var granted raft.RequestVoteResponse
			if err := other.RequestVote("a", "a", &raft.RequestVoteRequest{Term: term}, &granted); err != nil || !granted.Granted || granted.Term != term {
				t.Errorf("another node's question for a vote: %+v, %v; want it answered", granted, err)
			}
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
