package cluster

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/hashicorp/raft"
)

// echo is a state machine that answers each command with the term that the command names.
type echo struct{}

func (echo) Apply(log *raft.Log) any {
	e, err := fsm.DecodeEntry(log.Data)
	if err != nil {
		return err
	}
	var results []fsm.Result
	for _, c := range e.Commands {
		results = append(results, fsm.Result{Index: c.Command.(*fsm.AnnounceLeader).Term, Answer: new(fsm.Done)})
	}
	return results
}
func (echo) Snapshot() (raft.FSMSnapshot, error) { return nil, errors.New("there is nothing to keep") }
func (echo) Restore(io.ReadCloser) error         { return errors.New("there is nothing to restore") }

// echoing is a raft node that leads a cluster of its own.
func echoing(t *testing.T) *raft.Raft {
	t.Helper()
	store := raft.NewInmemStore()
	address, transport := raft.NewInmemTransport("")
	config := raft.DefaultConfig()
	config.LocalID, config.LogOutput = "n1", io.Discard
	told := make(chan bool, 1)
	config.NotifyCh = told
	snapshots := raft.NewDiscardSnapshotStore()
	members := raft.Configuration{Servers: []raft.Server{{ID: "n1", Address: address}}}
	if err := raft.BootstrapCluster(config, store, store, snapshots, transport, members); err != nil {
		t.Fatal(err)
	}
	r, err := raft.NewRaft(config, echo{}, store, store, snapshots, transport)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Shutdown().Error(); err != nil {
			t.Error(err)
		}
	})
	if !<-told {
		t.Fatal("the only node does not lead")
	}
	return r
}

// TestAnswersStayWithTheirCommands: callers withdraw commands anywhere in a full queue, alone, in
// pairs or in runs. Every other caller gets the answer of its own command, and the queue's byte
// count returns to zero. The entries go through a real raft node.
func TestAnswersStayWithTheirCommands(t *testing.T) {
	r := echoing(t)
	const n = 12
	var cases [][]int
	for i := range n {
		cases = append(cases, []int{i})
		for j := range i {
			cases = append(cases, []int{j, i})
		}
	}
	cases = append(cases, nil, []int{0, 1, 2, 3}, []int{8, 9, 10, 11}, []int{1, 3, 5, 7, 9, 11}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	// a large command in the middle is alone in its entry, so the commands behind it make another
	// one
	for _, large := range []bool{false, true} {
		for _, withdrawn := range cases {
			c := &committer{
				raft: r, leader: func() string { return "n1" }, now: func() history.Time { return 1 },
				slots: make(chan struct{}, maxInFlightEntries), inFlight: make(chan entry, maxInFlightEntries), wake: make(chan struct{}, 1),
			}
			var queue []*command
			for i := range n {
				lead := &fsm.AnnounceLeader{Node: "n1", Term: uint64(1000 + i)}
				if large && i == n/2 {
					lead.Node = string(make([]byte, maxGroupBytes))
				}
				piece, err := fsm.EncodeEnvelope(fsm.Envelope{Command: lead})
				if err != nil {
					t.Fatal(err)
				}
				cmd := newCommand(0, 0, piece)
				if err := c.enqueue(cmd); err != nil {
					t.Fatal(err)
				}
				queue = append(queue, cmd)
			}
			for _, i := range withdrawn {
				queue[i].fate.Store(fateWithdrawn)
			}
			c.over.Go(c.commit)
			c.over.Go(c.deliverOutcomes)
			for i, cmd := range queue {
				if slices.Contains(withdrawn, i) {
					continue
				}
				select {
				case a := <-cmd.answer:
					if a.err != nil || a.results[0].Index != uint64(1000+i) {
						t.Errorf("withdrawn %v, large %v: command %d was answered %v, %v", withdrawn, large, i, a.results[0].Index, a.err)
					}
				case <-time.After(time.Minute):
					t.Fatalf("withdrawn %v, large %v: command %d was not answered", withdrawn, large, i)
				}
			}
			c.end(errors.New("the test is over"))
			c.wait()
			for _, i := range withdrawn {
				select {
				case a := <-queue[i].answer:
					t.Errorf("withdrawn %v: command %d was answered %v", withdrawn, i, a)
				default:
				}
			}
			if c.bytes != 0 || c.flying != 0 {
				t.Errorf("withdrawn %v: %s", withdrawn, fmt.Sprint(c.bytes, " bytes wait, ", c.flying, " fly"))
			}
		}
	}
}
