package clustertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/fsm"
)

// hold loads a package and starts runs that the cluster must not lose.
func hold(t *testing.T, c *Cluster, names ...string) {
	t.Helper()
	must(t, mustPropose(c, Load("order", "v1")), nil)
	for _, name := range names {
		must(t, mustPropose(c, Start("order", name)), nil)
	}
}

// holds checks that a cluster has these runs and none of the others.
func holds(t *testing.T, c *Cluster, want, not []string) {
	t.Helper()
	c.Leader().View(func(v fsm.View) {
		for _, name := range want {
			if _, ok := v.Latest(name); !ok {
				t.Errorf("run %s is gone", name)
			}
		}
		for _, name := range not {
			if _, ok := v.Latest(name); ok {
				t.Errorf("run %s of another cluster is here", name)
			}
		}
	})
}

// TestTwoClustersThatSwapAddressesKeepApart although their nodes have the same ids.
func TestTwoClustersThatSwapAddressesKeepApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(t, 3)
		b := NewWith(t, 3, Options{Beside: a})
		hold(t, a, "a-1", "a-2")
		hold(t, b, "b-1")
		for range 3 { // makes a's terms higher than b's
			l := a.Leader()
			if err := done(l.Transfer(within(10*time.Second), nil, a.Others(l)[0].ID)); err != nil {
				t.Fatal(err)
			}
			a.WaitReady()
		}
		// The first node of each cluster comes up at the address of the other's.
		ours, theirs := a.Nodes[0], b.Nodes[0]
		ours.Stop()
		theirs.Stop()
		ours.Address, theirs.Address = theirs.Address, ours.Address
		ours.Start()
		theirs.Start()
		<-time.After(30 * time.Second) // gives raft time to do damage
		hold(t, a, "a-3")
		hold(t, b, "b-2")
		holds(t, a, []string{"a-1", "a-2", "a-3"}, []string{"b-1", "b-2"})
		holds(t, b, []string{"b-1", "b-2"}, []string{"a-1", "a-2", "a-3"})
		if a.Leader().clusterID() == b.Leader().clusterID() {
			t.Error("two clusters have one id")
		}
		for _, c := range []*Cluster{a, b} {
			for _, n := range c.Nodes {
				for _, err := range n.Fatal() {
					t.Errorf("node %s stopped: %v", n.ID, err)
				}
			}
		}
	})
}

// TestForeignNodeAsksToBeLetIn with an id that is free here.
func TestForeignNodeIsNotLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(t, 3)
		b := NewWith(t, 1, Options{Beside: a})
		hold(t, a, "a-1")
		stray := b.Nodes[0]
		stray.Stop()
		stray.all, stray.Address = a, "mem-9" // it has a's list of peers
		stray.Start()
		<-time.After(time.Minute)
		s, err := a.Leader().Status(within(10 * time.Second))
		if err != nil || len(s.Members) != 3 {
			t.Errorf("members %+v, %v", s.Members, err)
		}
		if got := stray.clusterID(); got == a.Leader().clusterID() {
			t.Errorf("the stray node is in cluster %s", got)
		}
		stray.Stop()
	})
}

// TestRemovedIDNeverComesBack: an empty node under a removed id is refused by name, on every
// leader.
func TestRemovedIDNeverComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		gone := c.Others(leader)[0]
		gone.Crash()
		if err := done(leader.Remove(within(10*time.Second), nil, gone.ID)); err != nil {
			t.Fatal(err)
		}
		hold(t, c, "a")
		next := c.Others(leader)[1]
		if err := done(leader.Transfer(within(10*time.Second), nil, next.ID)); err != nil {
			t.Fatal(err)
		}
		gone.disk, gone.Address = newDisk(), "mem-9" // empty, elsewhere
		gone.Start()
		if err := gone.Died(); !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), "was removed from the cluster at index") {
			t.Errorf("it ended with %v", err)
		}
		c.Check()
	})
}

// TestJoinerDoesNotElectItself while its log holds only the founding of a cluster in which its id
// was alone. A reused founder's id has such a log until it has caught up. It takes part from the
// entry that admitted it.
func TestJoinerDoesNotElectItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 1)
		hold(t, c, "a")
		n := c.Nodes[0]
		last := n.State().Applied()
		for _, letIn := range []struct {
			at   uint64
			want bool
			// after a start nobody tells an only voter how much of its log is committed
		}{{last + 100, false}, {0, true}} {
			n.Stop()
			n.disk.promise.admission = &cluster.Admission{ClusterID: n.clusterID(), Index: letIn.at}
			n.Start()
			<-time.After(time.Minute)
			if got := n.IsLeader(); got != letIn.want {
				t.Errorf("let in at %d, with a log up to %d, it leads: %v", letIn.at, last, got)
			}
		}
		if a, _ := n.disk.promise.Admitted(); !a.Held {
			t.Error("that it has joined is not written down")
		}
		holds(t, c, []string{"a"}, nil)
	})
}

// TestCopyDoesNotTakeThePlaceOfTheOriginal while the original runs.
func TestCopyDoesNotTakeThePlaceOfTheOriginal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		hold(t, c, "a")
		original := c.Others(c.Leader())[0]
		clone := original.Clone("mem-9")
		clone.Start()
		c.Until("the copy to stop", func() error {
			if clone.Fatal() == nil {
				return errors.New("it goes on")
			}
			return nil
		})
		if err := clone.Died(); !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), "is alive at "+original.Address) {
			t.Errorf("the copy ended with %v", err)
		}
		hold(t, c, "b")
		c.Check()
	})
}

// TestCopyOfAFrozenNodeCountsAlone: the copy takes the place of an original that does not answer.
// When the original runs again, it counts for nothing and stops.
func TestCopyOfAFrozenNodeCountsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		hold(t, c, "a")
		original := c.Others(c.Leader())[0]
		original.Freeze()
		clone := original.Clone("mem-9")
		clone.Start()
		c.Until("the copy to vote", func() error {
			s, err := c.Leader().Status(within(10 * time.Second))
			if err != nil {
				return err
			}
			for _, m := range s.Members {
				if m.ID == clone.ID && m.RaftAddress == clone.Address && m.Role == "voter" {
					return nil
				}
			}
			return fmt.Errorf("members %+v", s.Members)
		})
		hold(t, c, "b")
		original.Thaw()
		c.Until("the original to stop", func() error {
			if original.Fatal() == nil {
				return errors.New("it goes on")
			}
			return nil
		})
		if err := original.Died(); !strings.Contains(err.Error(), "is alive at "+clone.Address) {
			t.Errorf("the original ended with %v", err)
		}
		hold(t, c, "c")
		c.Check()
		holds(t, c, []string{"a", "b", "c"}, nil)
	})
}

// TestCopyDoesNotVoteOrStand where nobody leads and its original is frozen: only a majority without
// the copy may give it the place.
func TestCopyDoesNotVoteOrStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		hold(t, c, "a")
		leader := c.Leader()
		original := c.Others(leader)[0]
		original.Freeze()
		leader.Freeze()
		clone := original.Clone("mem-9")
		clone.Start()
		<-time.After(time.Minute)
		for _, n := range c.Nodes {
			if n != leader && n != original && n.IsLeader() {
				t.Errorf("node %s at %s leads with a copy's vote", n.ID, n.Address)
			}
		}
		if clone.IsLeader() {
			t.Error("a copy leads")
		}
		leader.Thaw()
		original.Thaw()
		c.Until("the copy to stop", func() error {
			if clone.Fatal() == nil {
				return errors.New("it goes on")
			}
			return nil
		})
		if err := clone.Died(); !strings.Contains(err.Error(), "is alive at "+original.Address) {
			t.Errorf("the copy ended with %v", err)
		}
		c.Check()
	})
}
