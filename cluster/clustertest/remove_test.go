package clustertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
)

// members returns the ids of the configuration that n knows.
func members(t *testing.T, n *Node) (ids []string) {
	t.Helper()
	s, err := n.Status(within(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range s.Members {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestRemoveThatWouldLoseTheQuorumIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		healthy, dead := c.Others(leader)[0], c.Others(leader)[1]
		before := members(t, leader)
		dead.Crash()

		var lost *cluster.QuorumLoss
		err := done(leader.Remove(within(time.Minute), nil, healthy.ID))
		if !errors.As(err, &lost) || !slices.Equal(lost.Silent, []string{dead.ID}) || !slices.Equal(lost.Answer, []string{leader.ID}) || lost.Need != 2 {
			t.Fatalf("removing the healthy node: %v, want that %s is missed", err, dead.ID)
		}
		if !strings.Contains(err.Error(), dead.ID) || lost.Code() != "invalid_state" {
			t.Errorf("the refusal is %q, code %s", err, lost.Code())
		}
		// Removing the leader itself is refused as well: the healthy node and the dead one would
		// remain.
		if err := done(leader.Remove(within(time.Minute), nil, leader.ID)); !errors.As(err, &lost) {
			t.Errorf("removing the leader: %v, want the same", err)
		}
		if got := members(t, leader); !slices.Equal(got, before) {
			t.Errorf("the members are %v, want %v", got, before)
		}
		must(t, mustPropose(c, Start("order", "a")), nil)

		// The dead node may be removed, because the others keep a majority. Then the healthy one
		// may, and no more.
		if err := done(leader.Remove(within(time.Minute), nil, dead.ID)); err != nil {
			t.Fatalf("removing the dead node: %v", err)
		}
		must(t, mustPropose(c, Start("order", "b")), nil)
		if err := done(leader.Remove(within(time.Minute), nil, healthy.ID)); err != nil {
			t.Fatalf("removing the second of two: %v", err)
		}
		must(t, mustProposeOn(leader, Start("order", "c")), nil)
		if err := done(leader.Remove(within(time.Minute), nil, leader.ID)); !errors.As(err, &lost) || lost.Voters != 0 {
			t.Errorf("removing the last voter: %v", err)
		}
		if err := done(leader.Remove(within(time.Minute), nil, "nobody")); !errors.As(err, new(*cluster.UnknownNode)) {
			t.Errorf("removing nobody: %v", err)
		}
		must(t, mustProposeOn(leader, Start("order", "d")), nil)
	})
}

// What gossip heard a while ago proves nothing: a node that is cut off now is asked now.
func TestRemoveAsksWhoAnswersNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		healthy, cut := c.Others(leader)[0], c.Others(leader)[1]
		c.Partition(c.Others(cut)) // cut at this moment; gossip, a fixed list here, still calls it alive
		var lost *cluster.QuorumLoss
		if err := done(leader.Remove(within(time.Minute), nil, healthy.ID)); !errors.As(err, &lost) {
			t.Errorf("removed with %v, want it refused: %s does not answer", err, cut.ID)
		}
		c.Heal()
		if err := done(c.Leader().Remove(within(time.Minute), nil, healthy.ID)); err != nil {
			t.Errorf("after the heal: %v", err)
		}
	})
}

func TestLeaderThatIsRemovedHandsOnFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		if err := done(old.Remove(within(time.Minute), nil, old.ID)); err != nil {
			t.Fatal(err)
		}
		next := c.LeaderOf(c.Others(old)...)
		if got := members(t, next); slices.Contains(got, old.ID) || len(got) != 2 {
			t.Errorf("the members are %v", got)
		}
		must(t, mustProposeOn(next, Start("order", "a")), nil)
	})
}

// A removal whose leader is lost in between may have happened: another leader may still commit it.
func TestRemovalOfALostLeaderIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Latency: 10 * time.Millisecond})
		leader := c.Leader()
		other := c.Others(leader)[0]
		ended := make(chan error, 1)
		go func() { ended <- done(leader.Remove(within(time.Minute), nil, other.ID)) }()
		quiet(25 * time.Millisecond) // it has asked which voters answer
		c.Isolate(leader)
		if err := <-ended; !errors.As(err, new(*engine.Unknown)) {
			t.Errorf("the removal ended with %v, want an unknown outcome", err)
		}
		c.Heal()
		c.Leader()
	})
}

// A lost majority is reported as such, with the nodes that answer; an election is not.
func TestLostQuorumIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		left := c.Leader()
		var gone []string
		for _, n := range c.Others(left) {
			gone = append(gone, n.ID)
			n.Crash()
		}
		slices.Sort(gone)
		c.Until("the lost quorum named", func() error {
			_, err := left.Propose(within(time.Second), Start("order", "a"))
			var lost *engine.NoQuorum
			if !errors.As(err, &lost) {
				return fmt.Errorf("a proposal: %v", err)
			}
			for _, words := range []string{"1 of 3 voters", left.ID, strings.Join(gone, ", ") + " do not"} {
				if !strings.Contains(lost.Why, words) {
					return fmt.Errorf("%q does not say %q", lost.Why, words)
				}
			}
			for what, err := range map[string]error{"Sync": left.Sync(within(time.Second)), "Ready": left.Ready(), "Quorum": left.Quorum()} {
				if !errors.As(err, &lost) {
					return fmt.Errorf("%s: %v", what, err)
				}
			}
			return nil
		})
		c.Others(left)[0].Start()
		c.WaitReady()
		if err := left.Quorum(); err != nil {
			t.Errorf("with a majority again: %v", err)
		}
	})
}
