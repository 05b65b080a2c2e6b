package clustertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// small makes snapshots frequent and the log short, so that nodes that are behind need a snapshot.
var small = cluster.RaftConfig{SnapshotEntries: 20, SnapshotEvery: time.Second, TrailingEntries: 10}

func TestCrashAllAndRestartInAnyOrderKeepsWhatWasAcknowledged(t *testing.T) {
	for round := range 4 {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(round), 7))
			c := NewWith(t, 3, Options{Latency: time.Duration(round%2) * time.Millisecond, Raft: small})
			must(t, mustPropose(c, Load("order", "v1")), nil)

			// Callers start runs while the nodes lose their power one after another.
			acked := make(chan string, 10_000)
			ctx, cancel := context.WithCancel(context.Background())
			var callers [6]chan struct{}
			for i := range callers {
				callers[i] = make(chan struct{})
				go func() {
					defer close(callers[i])
					for n := 0; ctx.Err() == nil; n++ {
						id := fmt.Sprintf("run-%d-%d", i, n)
						for _, node := range c.Nodes {
							if r, err := node.Propose(ctx, Start("order", id)); err == nil && r.Refusal == nil {
								acked <- id
								break
							}
						}
						<-time.After(time.Duration(1+i) * time.Millisecond)
					}
				}()
			}
			<-time.After(time.Duration(50+rng.IntN(800)) * time.Millisecond)
			for _, i := range rng.Perm(3) {
				c.Nodes[i].Crash()
				<-time.After(time.Duration(rng.IntN(20)) * time.Millisecond)
			}
			cancel()
			for i := range callers {
				<-callers[i]
			}
			for _, i := range rng.Perm(3) {
				c.Nodes[i].Start()
				<-time.After(time.Duration(rng.IntN(2000)) * time.Millisecond)
			}
			c.Check()
			close(acked)
			n := 0
			c.Leader().View(func(v fsm.View) {
				for id := range acked {
					n++
					if _, ok := v.Latest(id); !ok {
						t.Errorf("round %d: acknowledged start %s is gone", round, id)
					}
				}
			})
			if n == 0 {
				t.Errorf("round %d: nothing was acknowledged", round)
			}
			t.Logf("round %d: %d acknowledged", round, n)
		})
	}
}

func TestLateNodeGetsASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Raft: small})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		late := c.Others(c.Leader())[0]
		late.Stop()
		for i := range 100 {
			must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
		}
		c.Until("the log to be cut", func() error {
			for _, n := range c.Others(late) {
				if first, _ := n.disk.log.FirstIndex(); first <= late.State().Applied() {
					return fmt.Errorf("node %s keeps its log from %d", n.ID, first)
				}
			}
			return nil
		})
		late.Start()
		c.Check()
		late.View(func(v fsm.View) {
			if _, ok := v.Latest("run-99"); !ok {
				t.Error("the late node misses a run")
			}
		})
		// The installed snapshot survives a crash.
		late.Crash()
		late.Start()
		c.Check()
	})
}

func TestWipedNodeComesBackUnderANewID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Raft: small})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		for i := range 50 {
			must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
		}
		wiped := c.Others(c.Leader())[0]
		old := wiped.ID
		wiped.Crash()
		wiped.Wipe()
		wiped.Start()
		c.Check()
		c.Until("the wiped node to be a voter", func() error {
			s, err := c.Leader().Status(within(10 * time.Second))
			if err != nil {
				return err
			}
			if len(s.Members) != 3 {
				return fmt.Errorf("members %+v", s.Members)
			}
			for _, m := range s.Members {
				if m.ID == old {
					return errors.New("the dead id is still a member")
				}
				if m.ID == wiped.ID && (m.Role != "voter" || m.Status != "alive") {
					return fmt.Errorf("member %+v", m)
				}
			}
			return nil
		})
		c.Leader().View(func(v fsm.View) {
			for _, n := range v.Nodes() {
				if n.ID == old {
					t.Error("the dead id still has a row")
				}
			}
		})
		c.Check()
	})
}

func TestEmptyNodeWithAVotersIDIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		wiped := c.Others(c.Leader())[0]
		wiped.Crash()
		wiped.disk = newDisk() // the same id without its memory
		wiped.Start()
		if err := wiped.Died(); !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), "is a voter already") {
			t.Errorf("an empty node with a voter's id ended with %v, want a refusal", err)
		}
		c.Check()
	})
}

func TestJoinerBecomesAVoter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 1, Raft: small})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		joiner := c.Nodes[3]
		joiner.Start()
		c.Until("the joiner to be a voter", func() error {
			s, err := c.Leader().Status(within(10 * time.Second))
			if err != nil {
				return err
			}
			for _, m := range s.Members {
				if m.ID == joiner.ID && m.Role == "voter" {
					return nil
				}
			}
			return fmt.Errorf("%+v", s.Members)
		})
		c.Check()
		if id := joiner.clusterID(); id == "" || id != c.Leader().clusterID() {
			t.Errorf("the joiner belongs to cluster %q", id)
		}
	})
}

// TestRemovedNodeIsNotLetInAgain with its old data.
func TestRemovedNodeIsNotLetInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		gone := c.Others(leader)[0]
		gone.Stop()
		if err := done(leader.Remove(within(10*time.Second), nil, gone.ID)); err != nil {
			t.Fatal(err)
		}
		gone.Start()
		c.Until("the removed node to say so", func() error {
			err := gone.Ready()
			if err == nil || !strings.Contains(err.Error(), "was removed") {
				return fmt.Errorf("ready: %v", err)
			}
			return nil
		})
		if s, err := leader.Status(within(10 * time.Second)); err != nil || len(s.Members) != 2 {
			t.Errorf("members %+v, %v", s.Members, err)
		}
		gone.Stop()
		c.Check()
	})
}

// TestDifferentDigestStopsTheMinority changes one node's state without raft.
func TestDifferentDigestStopsTheMinority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Check()
		bad := c.Others(c.Leader())[0]
		corrupt(t, bad)
		must(t, mustPropose(c, Start("order", "a")), nil)
		err := bad.Died()
		if err == nil || !strings.Contains(err.Error(), "its state is wrong") {
			t.Errorf("the node with another digest ended with %v", err)
		}
		if fatal := bad.Fatal(); len(fatal) != 1 {
			t.Errorf("its fatal hook was called %d times, want once", len(fatal))
		}
		must(t, mustPropose(c, Start("order", "b")), nil)
		c.Check()
	})
}

// TestReturningNodeWithAnotherDigestStopsAlone: when it returns it reports, one by one, about
// checks that the others reported about long ago.
func TestReturningNodeWithAnotherDigestStopsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Latency: time.Millisecond})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Check()
		bad := c.Others(c.Leader())[0]
		corrupt(t, bad)
		c.Isolate(bad)
		for i := range 4 { // checks that it misses; all of them are remembered
			must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
			<-time.After(45 * time.Second)
		}
		c.Heal()
		if err := bad.Died(); err == nil || !strings.Contains(err.Error(), "its state is wrong") {
			t.Errorf("the node with another digest ended with %v", err)
		}
		<-time.After(3 * time.Minute)
		for _, n := range c.Others(bad) {
			if fatal := n.Fatal(); len(fatal) > 0 {
				t.Errorf("healthy node %s: %v", n.ID, fatal)
			}
		}
		must(t, mustPropose(c, Start("order", "after")), nil)
		c.Check()
	})
}

// TestUndecidedDigestsStopNobody: two voters differ while the third is down. Neither may stop the
// other, because the third can still decide who is right.
func TestUndecidedDigestsStopNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Check()
		leader := c.Leader()
		bad, away := c.Others(leader)[0], c.Others(leader)[1]
		away.Stop()
		corrupt(t, bad)
		must(t, mustPropose(c, Start("order", "a")), nil)
		<-time.After(4 * time.Minute)
		for _, n := range []*Node{leader, bad} {
			if fatal := n.Fatal(); len(fatal) > 0 {
				t.Fatalf("node %s: %v", n.ID, fatal)
			}
		}
		away.Start()
		if err := bad.Died(); err == nil || !strings.Contains(err.Error(), "its state is wrong") {
			t.Errorf("the node with another digest ended with %v", err)
		}
		c.Check()
	})
}

func TestDifferentDigestsWithoutAMajorityStopAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 2)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Check()
		corrupt(t, c.Others(c.Leader())[0])
		must(t, mustPropose(c, Start("order", "a")), nil)
		for _, n := range c.Nodes {
			if err := n.Died(); err == nil || !strings.Contains(err.Error(), "digest at index") {
				t.Errorf("node %s ended with %v", n.ID, err)
			}
		}
	})
}

// corrupt applies, on one node only, an entry that is not in the log. It takes the index of the
// next entry, which this node will then skip.
func corrupt(t *testing.T, n *Node) {
	t.Helper()
	e, err := fsm.EncodeEntry(fsm.Entry{Commands: []fsm.Envelope{Load("other", "bad")}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	if _, err := n.State().Apply(n.State().Applied()+1, e); err != nil {
		t.Fatal(err)
	}
}

func TestEntryThatCannotBeAppliedStopsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		bad := c.Others(c.Leader())[0]
		if err := bad.State().Close(); err != nil {
			t.Fatal(err)
		}
		must(t, mustPropose(c, Load("order", "v1")), nil)
		if err := bad.Died(); err == nil || !strings.Contains(err.Error(), "cannot be applied") {
			t.Errorf("the node ended with %v", err)
		}
		if err := bad.Sync(within(time.Second)); !errors.As(err, new(*engine.Unavailable)) {
			t.Errorf("a node that has stopped answered %v", err)
		}
	})
}

func (n *Node) clusterID() (id string) {
	n.View(func(v fsm.View) { id = v.ClusterID() })
	return id
}

// TestNodeThatSomebodySpokeForStopsWithItsStateAsItWas: the log has a report in the node's name
// that it did not make. That proves nothing about its state, so it keeps the state and starts again
// with it, and the others go on.
func TestNodeThatSomebodySpokeForStopsWithItsStateAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Check()
		leader := c.Leader()
		victim := c.Others(leader)[0]
		c.Isolate(victim)
		must(t, mustProposeOn(leader, Start("order", "a")), nil)
		<-time.After(45 * time.Second) // a check that the victim has not seen
		var newest rows.Check
		leader.View(func(v fsm.View) {
			checks := v.Checks()
			newest = checks[len(checks)-1]
		})
		forged := newest.Digest
		forged[0]++
		must(t, mustProposeOn(leader, fsm.Envelope{Command: &fsm.ReportDigest{Node: victim.ID, Index: newest.Index, Digest: forged}}), nil)
		c.Heal()
		err := victim.Died()
		if err == nil || !strings.Contains(err.Error(), "it did not report that") || strings.Contains(err.Error(), "its state is wrong") {
			t.Errorf("the node that was spoken for ended with %v", err)
		}
		for _, n := range c.Others(victim) {
			if fatal := n.Fatal(); len(fatal) > 0 {
				t.Errorf("node %s: %v", n.ID, fatal)
			}
		}
		must(t, mustPropose(c, Start("order", "b")), nil)
		victim.Start()
		c.Check()
		<-time.After(2 * time.Minute)
		if fatal := victim.Fatal(); len(fatal) != 1 {
			t.Errorf("started again it has %d reasons to stop, want the old one: %v", len(fatal), fatal)
		}
	})
}
