package clustertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
)

// TestDeposedLeaderAsksTheVoters: a leader that was deposed without noticing it still reaches all
// nodes with node calls, and a non-voter follows it. It must not serve a read: the voters have a
// later term, and the non-voter, which has the old one, does not count. Raft's own VerifyLeader
// lets it, because there heartbeats and non-voters count.
func TestDeposedLeaderAsksTheVoters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{
			Spare: 1,
			Raft:  cluster.RaftConfig{PromoteAfter: time.Hour},
			Tune: func(i int, cfg *cluster.RaftConfig) {
				if i == 0 { // it believes that it leads for as long as the test takes
					cfg.Heartbeat, cfg.Lease, cfg.Election = time.Hour, time.Hour, time.Hour
				}
			},
		})
		hold(t, c, "a")
		old, follower := c.Nodes[0], c.Nodes[3]
		follower.Start()
		c.WaitReady()
		if leader := c.Leader(); leader != old {
			if err := done(leader.Transfer(within(10*time.Second), nil, old.ID)); err != nil {
				t.Fatal(err)
			}
		}
		c.Until("the first node to lead", func() error {
			if !old.IsLeader() || old.sync() != nil {
				return errors.New("it does not")
			}
			return nil
		})

		voters := []*Node{c.Nodes[1], c.Nodes[2]}
		for _, n := range voters {
			c.Deafen(old, n)
			c.Deafen(follower, n)
		}
		next := c.LeaderOf(voters...)
		must(t, mustProposeOn(next, Start("order", "later")), nil)
		if !old.IsLeader() {
			t.Fatal("the old leader knows that it was deposed: nothing is tested")
		}
		if err := old.Sync(within(2 * time.Second)); err == nil {
			old.View(func(v fsm.View) {
				_, seen := v.Latest("later")
				t.Errorf("a deposed leader served a read; it shows what was acknowledged before: %v", seen)
			})
		}
		c.Heal()
		c.WaitReady()
		c.Check()
	})
}

// TestReadsWriteNothing: a read that the voters confirm adds no log entry. If the voters run a
// release that does not know the question, it adds one.
func TestReadsWriteNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Raft: cluster.RaftConfig{CheckEvery: time.Hour}})
		hold(t, c, "a")
		leader := c.Leader()
		<-time.After(10 * time.Second) // the log has everything that follows from the beginning
		reads := func() uint64 {
			before := committed(t, leader)
			for range 20 {
				if err := leader.Sync(within(time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			return committed(t, leader) - before
		}
		if n := reads(); n != 0 {
			t.Errorf("20 reads wrote %d entries", n)
		}
		c.Isolate(c.Others(leader)[0])
		if n := reads(); n != 0 {
			t.Errorf("20 reads with one voter cut off wrote %d entries", n)
		}
		c.Heal()
		for _, n := range c.Others(leader) {
			c.net.forget(n.Address, "term")
		}
		if n := reads(); n != 20 {
			t.Errorf("20 reads wrote %d entries while no voter answered, want one each", n)
		}
		c.WaitReady()
		c.Check()
	})
}

// TestFrozenVoterCollectsNoQuestions: reads go on beside a voter that takes questions and answers
// none, and it is not asked by every one of them.
func TestFrozenVoterCollectsNoQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Raft: cluster.RaftConfig{CheckEvery: time.Hour}})
		hold(t, c, "a")
		leader := c.Leader()
		var mu sync.Mutex
		waiting, most, thaw := 0, 0, make(chan struct{})
		count := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			waiting += by
			most = max(most, waiting)
		}
		c.net.replace(c.Others(leader)[0].Address, "term", func(ctx context.Context, _ port.Introduction, _ []byte) ([]byte, error) {
			count(+1)
			<-thaw
			count(-1)
			return nil, errors.New("thawed")
		})
		for range 100 {
			if err := leader.Sync(within(time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if most == 0 || most > 4 {
			t.Errorf("%d questions waited for a frozen voter, want 1 to 4", most)
		}
		close(thaw)
		c.WaitReady()
		c.Check()
	})
}

func committed(t *testing.T, n *Node) uint64 {
	s, err := n.Status(within(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return s.CommitIndex
}
