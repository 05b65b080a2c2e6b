package clustertest

import (
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/fsm"
)

// succeeded kills the leader and returns the next one, and how long that took.
func succeeded(t *testing.T, c *Cluster) (next *Node, took time.Duration) {
	t.Helper()
	old := c.Leader()
	killed := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(killed)
		old.Kill()
	}()
	next = c.LeaderOf(c.Others(old)...)
	took = time.Since(began)
	<-killed
	next.View(func(v fsm.View) {
		if _, ok := v.Latest("kept"); !ok {
			t.Error("an acknowledged start is gone")
		}
	})
	return next, took
}

// When the leader's process ends, the next one leads long before a heartbeat timeout is over.
func TestKilledLeaderIsSucceededAtOnce(t *testing.T) {
	for _, nodes := range []int{3, 5} {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, nodes)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			must(t, mustPropose(c, Start("order", "kept")), nil)
			if _, took := succeeded(t, c); took > 300*time.Millisecond {
				t.Errorf("of %d nodes the next leads after %s", nodes, took)
			}
		})
	}
}

// A voter that lacks entries leaves leadership to one that has them.
func TestSuccessorHasTheNewestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 5)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		behind := c.Others(old)[:2]
		for _, n := range behind {
			c.Deafen(old, n)
		}
		must(t, mustProposeOn(old, Start("order", "kept")), nil)
		next, took := succeeded(t, c)
		if took > 300*time.Millisecond {
			t.Errorf("the next leads after %s", took)
		}
		if next == behind[0] || next == behind[1] {
			t.Errorf("node %s leads, whose log was the shorter", next.ID)
		}
	})
}

// Without a majority that finds nobody at the leader's address, raft's timeouts decide: a voter
// that alone cannot reach the leader would depose a healthy one. One of a release that does not
// know the question counts as one that finds somebody.
func TestNobodyHurriesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		must(t, mustPropose(c, Start("order", "kept")), nil)
		old := c.Leader()
		for _, n := range c.Others(old) {
			c.net.forget(n.Address, "gone")
		}
		if _, took := succeeded(t, c); took < time.Second {
			t.Errorf("the next leads after %s, though nobody agreed with it", took)
		}
	})
}

// A frozen leader is silent, and so is one that is cut off: nobody may take its place before a
// heartbeat timeout.
func TestSilentLeaderIsNoDeadOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		began := time.Now()
		old.Freeze()
		c.LeaderOf(c.Others(old)...)
		if took := time.Since(began); took < time.Second {
			t.Errorf("another node leads after %s", took)
		}
		old.Thaw()
		c.Check()
	})
}
