package clustertest

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// quiet waits for d of the bubble's time.
func quiet(d time.Duration) { <-time.After(d) }

func TestDrainedFollowerIsNotElected(t *testing.T) {
	for round := range 8 { // each round has an even chance to elect the wrong node
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(t, 3)
				must(t, mustPropose(c, Load("order", "v1")), nil)
				old := c.Leader()
				drained, other := c.Others(old)[0], c.Others(old)[1]
				before := len(drained.Wins())
				drained.SetDraining(true)
				quiet(5 * time.Second) // both followers have the whole log
				old.Crash()
				if got := c.LeaderOf(drained, other); got != other {
					t.Errorf("the drained node %s leads, want %s", got.ID, other.ID)
				}
				must(t, mustPropose(c, Start("order", "a")), nil) // acknowledged with the drained node's log
				old.Start()
				c.Check()
				if n := len(drained.Wins()); n != before {
					t.Errorf("the drained node won %d times", n-before)
				}
			})
		})
	}
}

// The newest entries may be on the drained node only: it then has to win, and transfers leadership
// afterwards.
func TestDrainedNodeWithTheNewestLogWinsAndHandsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		drained, other := c.Others(old)[0], c.Others(old)[1]
		quiet(5 * time.Second)
		before := len(drained.Wins())
		drained.SetDraining(true)
		c.Partition([]*Node{old, drained})
		must(t, mustProposeOn(old, Start("order", "a")), nil)
		old.Crash()
		c.Heal()
		c.Until("leadership at the node that does not drain", func() error {
			if !other.IsLeader() {
				return errors.New("not yet")
			}
			return nil
		})
		if n := len(drained.Wins()) - before; n != 1 {
			t.Errorf("the drained node won %d times, want once", n)
		}
		other.View(func(v fsm.View) {
			if _, ok := v.Latest("a"); !ok {
				t.Error("an acknowledged start is gone")
			}
		})
		old.Start()
		c.Check()
	})
}

func TestDrainedLeaderHandsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		old := c.Leader()
		before := len(old.Wins())
		old.SetDraining(true)
		next := c.LeaderOf(c.Others(old)...)
		quiet(time.Minute)
		if !next.IsLeader() || len(old.Wins()) != before {
			t.Errorf("after a minute %s leads: %v, and the drained node won %d times", next.ID, next.IsLeader(), len(old.Wins()))
		}
		var no *cluster.CannotLead
		if err := done(next.Transfer(within(time.Second), nil, old.ID)); !errors.As(err, &no) || no.Node != old.ID {
			t.Errorf("a transfer to the drained node: %v, want that it cannot lead", err)
		}
		old.SetDraining(false)
		if err := done(next.Transfer(within(5*time.Second), nil, old.ID)); err != nil {
			t.Errorf("a transfer to the node that drains no more: %v", err)
		}
		if got := c.Leader(); got != old {
			t.Errorf("%s leads, want %s", got.ID, old.ID)
		}
		c.Check()
	})
}

// Somebody must lead: a drained node does so only when nobody else can, and only as long.
func TestDrainedNodesLeadWhenNobodyElseCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		for _, n := range c.Nodes {
			n.SetDraining(true)
		}
		old := c.Leader()
		quiet(time.Minute)
		if wins := old.Wins(); wins[len(wins)-1].Ended {
			t.Errorf("all nodes drain, and the leader's duties are %+v, want that the last goes on", old.Wins())
		}
		old.Crash()
		next := c.LeaderOf(c.Others(old)...)
		must(t, mustPropose(c, Start("order", "a")), nil)

		old.Start() // it no longer drains
		c.Until("leadership at the node that does not drain", func() error {
			if !old.IsLeader() {
				return fmt.Errorf("%s still leads", next.ID)
			}
			return nil
		})
		c.Check()
	})
}

func TestDrainedSingleNodeLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 1)
		n := c.Leader()
		n.SetDraining(true)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		quiet(time.Minute)
		if len(n.Wins()) != 1 || n.Wins()[0].Ended {
			t.Errorf("the only node drains, and its duties are %+v", n.Wins())
		}
	})
}

func TestTransferToADeadNodeIsRefusedWhileWritesGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		dead := c.Others(leader)[0]
		c.Partition(c.Others(dead)) // frozen and dead nodes look the same from here

		refused := make(chan error, 1)
		go func() { refused <- done(leader.Transfer(within(30*time.Second), nil, dead.ID)) }()
		synctest.Wait() // the transfer asks its target, or has failed
		must(t, mustProposeOn(leader, Start("order", "meanwhile")), nil)
		var no *cluster.CannotLead
		if err := <-refused; !errors.As(err, &no) || no.Code() != "invalid_state" {
			t.Errorf("the transfer ended with %v, want that the node cannot lead", err)
		}
		if wins := leader.Wins(); wins[len(wins)-1].Ended {
			t.Errorf("the leader's duties are %+v", wins)
		}
		if err := done(leader.Transfer(within(30*time.Second), nil, "nobody")); !errors.As(err, new(*cluster.UnknownNode)) {
			t.Errorf("a transfer to nobody: %v", err)
		}
		c.Heal()
		c.Check()
	})
}

// A node that goes silent between the question and the transfer may still stand for election.
func TestTransferToANodeThatIsCutOffThenIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Latency: 10 * time.Millisecond})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		lost := c.Others(leader)[0]
		ended := make(chan error, 1)
		go func() { ended <- done(leader.Transfer(within(30*time.Second), nil, lost.ID)) }()
		quiet(25 * time.Millisecond) // it has answered that it could lead
		c.Partition(c.Others(lost))
		if err := <-ended; !errors.As(err, new(*engine.Unknown)) {
			t.Errorf("the transfer ended with %v, want an unknown outcome", err)
		}
		must(t, mustPropose(c, Start("order", "a")), nil)
		c.Heal()
		c.Check()
	})
}
