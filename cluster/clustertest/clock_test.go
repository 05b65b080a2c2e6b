package clustertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const years = 2 * 365 * 24 * time.Hour

// logTime returns the time of the newest entry on a node, relative to the bubble's clock.
func logTime(n *Node) (ahead time.Duration) {
	n.State().View(func(v fsm.View) { ahead = v.Now().Sub(history.At(time.Now())) })
	return ahead
}

// write adds an entry, so that log time is that of now.
func (c *Cluster) write(what string) {
	c.t.Helper()
	if r, err := c.Propose(Start("order", what)); err != nil || r.Refusal != nil {
		c.t.Fatalf("entry %s: %v, %v", what, r.Refusal, err)
	}
}

func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if (got - want).Abs() > 10*time.Second {
		t.Errorf("%s: log time is %v from the right clock, want %v", what, got, want)
	}
}

// TestNodeWithAWrongClockLeadsNobody: nor does its clock affect log time, whoever wants it to lead.
func TestNodeWithAWrongClockLeadsNobody(t *testing.T) {
	for _, ahead := range []time.Duration{years, -years, 6 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, 3)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			leader := c.Leader()
			bad := c.Others(leader)[0]
			bad.Stop()
			bad.SetClock(ahead)
			bad.Start()
			c.WaitReady()
			<-time.After(3 * time.Second) // so that it has asked
			var refused *cluster.CannotLead
			if err := done(leader.Transfer(within(20*time.Second), nil, bad.ID)); !errors.As(err, &refused) || !strings.Contains(err.Error(), "its clock is") {
				t.Errorf("%v: transfer to it: %v", ahead, err)
			}
			for i := range 3 { // and no failover makes it the leader
				down := c.Leader()
				down.Crash()
				if next := c.Leader(); next == bad {
					t.Errorf("%v: it leads", ahead)
				}
				c.write(fmt.Sprint("after-", i))
				down.Start()
				c.WaitReady()
				<-time.After(3 * time.Second)
			}
			near(t, fmt.Sprint(ahead), logTime(c.Leader()), 0)
			s, err := c.Leader().Status(within(10 * time.Second))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range s.Members {
				if m.ClockWrong != (m.ID == bad.ID) {
					t.Errorf("%v: member %s is listed with a clock %v ahead, wrong %v", ahead, m.ID, m.ClockAhead, m.ClockWrong)
				}
			}
			c.Check()
		})
	}
}

// TestLeaderWhoseClockComesToBeWrongHandsOn: the clock is set during the term, which does not
// affect log time.
func TestLeaderWhoseClockComesToBeWrongHandsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		bad := c.Leader()
		bad.SetClock(years)
		c.Until("another leader", func() error {
			if c.Leader() == bad {
				return errors.New("it still leads")
			}
			return nil
		})
		c.write("after")
		near(t, "handed on", logTime(c.Leader()), 0)
		c.Check()
	})
}

// TestWrongClockThatMustLead: the node with the wrong clock has the newest log, and nobody else can
// be elected.
func TestWrongClockThatMustLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		bad, lags := c.Others(leader)[0], c.Others(leader)[1]
		bad.SetClock(years)
		lags.Stop()
		c.write("only-on-two")
		leader.Crash()
		lags.Start()
		c.Until("the other one to lead", func() error { // once it has caught up
			if c.Leader() == bad {
				return errors.New("the wrong one still leads")
			}
			return nil
		})
		if n := len(bad.Wins()); n != 1 { // it yielded: the other one lacked an entry
			t.Errorf("the node with the newest log led %d times, want once", n)
		}
		near(t, "a wrong clock led", logTime(lags), 0)
		leader.Start()
		c.Check()
	})
}

// TestTwoNodesWhoseClocksDiffer: nobody can tell which is right, so one of them leads and log time
// makes no step.
func TestTwoNodesWhoseClocksDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 2)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		for i := range 4 { // back and forth: no step each time
			bad := c.Others(c.Leader())[0]
			bad.SetClock(years)
			c.Others(bad)[0].SetClock(0)
			<-time.After(3 * time.Second)
			if err := done(c.Leader().Transfer(within(20*time.Second), nil, bad.ID)); err != nil {
				t.Fatal(err)
			}
			c.write(fmt.Sprint("entry-", i))
			near(t, "two differ", logTime(c.Leader()), 0)
		}
		c.Check()
	})
}

// TestClusterThatWasOff: log time is far behind, but the clocks agree.
func TestClusterThatWasOff(t *testing.T) {
	for n := 1; n <= 3; n++ {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, n)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			for _, node := range c.Nodes {
				node.Stop()
			}
			<-time.After(29 * 24 * time.Hour)
			for _, node := range c.Nodes[:n/2+1] { // a majority is enough
				node.Start()
			}
			c.write("after")
			near(t, fmt.Sprint("a month later, ", n), logTime(c.Leader()), 0)
		})
	}
}

// TestHeldLogTimeCatchesUp once a majority agrees after all: two of three clocks differ until the
// third node is up.
func TestHeldLogTimeCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		for _, node := range c.Nodes {
			node.Stop()
		}
		const off = 24 * time.Hour
		<-time.After(off)
		c.Nodes[0].SetClock(-years)
		c.Nodes[0].Start()
		c.Nodes[1].Start()
		c.Leader()
		c.write("held")
		near(t, "two that differ", logTime(c.Leader()), -off)
		c.Nodes[2].Start()
		c.WaitReady()
		c.Until("log time to catch up", func() error {
			c.write(fmt.Sprint("at-", time.Now().UnixNano()))
			if ahead := logTime(c.Leader()); ahead.Abs() > 5*time.Second {
				return fmt.Errorf("it is %v from the right clock", ahead)
			}
			return nil
		})
		c.Check()
	})
}

// TestOnlyVoterWithAWrongClock: an error within the setting cannot be told from a time without a
// leader.
func TestOnlyVoterWithAWrongClock(t *testing.T) {
	for ahead, want := range map[time.Duration]time.Duration{years: 0, 24 * time.Hour: 24 * time.Hour, -years: 0} {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, 1)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			c.Nodes[0].Stop()
			c.Nodes[0].SetClock(ahead)
			c.Nodes[0].Start()
			c.write("after")
			near(t, fmt.Sprint("alone, ", ahead), logTime(c.Leader()), want)
		})
	}
}

// TestNewClusterWithAWrongClock: founders whose clocks differ begin with the earliest one; founders
// whose clocks agree begin with theirs.
func TestNewClusterWithAWrongClock(t *testing.T) {
	for _, clocks := range [][]time.Duration{{years, 0}, {0, years}, {years, 0, 0}, {0, 0, years}, {0, years, 0}} {
		synctest.Test(t, func(t *testing.T) {
			c := NewWith(t, len(clocks), Options{Clocks: clocks})
			must(t, mustPropose(c, Load("order", "v1")), nil)
			near(t, fmt.Sprint(clocks), logTime(c.Leader()), 0)
			c.Check()
		})
	}
}

// TestOperatorConfirmsTheTime where nothing else can: with two nodes that differ, and with a node
// alone.
func TestOperatorConfirmsTheTime(t *testing.T) {
	const off = 60 * 24 * time.Hour
	for n := 1; n <= 2; n++ {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, n)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			for _, node := range c.Nodes {
				node.Stop()
			}
			<-time.After(off)
			for i, node := range c.Nodes {
				node.SetClock(time.Duration(i) * years)
				node.Start()
			}
			right := c.Nodes[0]
			if c.Leader() != right {
				if err := done(c.Leader().Transfer(within(20*time.Second), nil, right.ID)); err != nil {
					t.Fatal(err)
				}
				c.WaitReady()
			}
			c.write("held")
			near(t, "nobody agrees", logTime(right), -off)
			if s, err := right.Status(within(10 * time.Second)); err != nil || (s.LogTimeHeld-off).Abs() > time.Minute {
				t.Errorf("held is %v, %v", s.LogTimeHeld, err)
			}
			var wrong *catalog.InvalidInput
			if err := right.ConfirmTime(within(time.Minute), time.Now().Add(time.Hour)); !errors.As(err, &wrong) || wrong.Field != "time" {
				t.Errorf("a time that its clock does not show: %v", err)
			}
			for range 2 { // the second time there is nothing to do
				if err := right.ConfirmTime(within(time.Minute), time.Now().Add(time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			c.write("confirmed")
			near(t, "confirmed", logTime(right), 0)
			if n == 1 {
				return
			}
			other := c.Others(right)[0]
			var no *engine.NotLeader
			if err := other.ConfirmTime(within(time.Minute), time.Now()); !errors.As(err, &no) {
				t.Errorf("on a node that does not lead: %v", err)
			}
			if err := done(right.Transfer(within(20*time.Second), nil, other.ID)); err != nil { // its clock is years ahead
				t.Fatal(err)
			}
			c.WaitReady()
			c.write("after")
			near(t, "the next leader", logTime(other), 0)
			c.Check()
		})
	}
}
