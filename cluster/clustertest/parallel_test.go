package clustertest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/fsm"
)

// runs returns how many of these runs a node's state has.
func (n *Node) runs(ids ...string) (found int) {
	n.View(func(v fsm.View) {
		for _, id := range ids {
			if _, ok := v.Latest(id); ok {
				found++
			}
		}
	})
	return found
}

// sendUnwritten proposes a run on a leader whose disk hangs, waits until the others' disks have the
// entry, and gives them time to apply what they may take for committed.
func sendUnwritten(c *Cluster, leader *Node, others ...*Node) (outcome chan error) {
	c.t.Helper()
	leader.Stall()
	outcome = make(chan error, 1)
	before, _ := others[0].disk.log.LastIndex()
	go func() {
		_, err := leader.Propose(within(20*time.Second), Start("order", "a"))
		outcome <- err
	}()
	c.Until("the entry on the others' disks", func() error {
		for _, n := range others {
			if last, _ := n.disk.log.LastIndex(); last == before {
				return fmt.Errorf("%s does not have it", n.ID)
			}
		}
		return nil
	})
	<-time.After(time.Second) // several messages tell the others what is committed
	return outcome
}

func unanswered(t *testing.T, outcome <-chan error) {
	t.Helper()
	if len(outcome) > 0 {
		t.Error("the caller has been answered")
	}
}

// TestNobodySeesWhatTheLeadersDiskLacks: a leader sends entries while its own disk writes them, and
// raft counts them as written. Until they are, no caller gets an answer and no state has them.
func TestNobodySeesWhatTheLeadersDiskLacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		outcome := sendUnwritten(c, leader, c.Others(leader)...)
		for _, n := range c.Nodes {
			if n.runs("a") != 0 {
				t.Errorf("the state of %s has what the leader's disk has not", n.ID)
			}
		}
		unanswered(t, outcome)
		leader.Unstall()
		must(t, fsm.Result{}, <-outcome)
		c.Check()
		for _, n := range c.Nodes {
			if n.runs("a") != 1 {
				t.Errorf("the state of %s lacks an acknowledged run", n.ID)
			}
		}
	})
}

// TestPowerGoesBeforeTheLeadersDiskHasIt: the leader and one follower make a majority, but the
// leader's disk is not done when its power goes. The other majority, of the leader and the node
// that never heard of the entry, overrules the follower, which must not have applied it.
func TestPowerGoesBeforeTheLeadersDiskHasIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		has, lacks := c.Others(leader)[0], c.Others(leader)[1]
		c.Isolate(lacks)
		outcome := sendUnwritten(c, leader, has)
		if n := has.runs("a"); n != 0 {
			t.Error("the follower applied what may be lost")
		}
		unanswered(t, outcome)
		leader.Crash()
		has.Crash()
		<-outcome // of a process that is dead: nobody hears it
		c.Heal()
		leader.Start()
		next := c.LeaderOf(leader, lacks)
		must(t, mustProposeOn(next, Start("order", "b")), nil)
		has.Start()
		c.Check()
		if leader.runs("a") != 0 || has.runs("a", "b") != 1 {
			t.Errorf("runs a and b: the old leader has %d of a, the follower has %d of both", leader.runs("a"), has.runs("a", "b"))
		}
	})
}
