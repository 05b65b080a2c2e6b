package clustertest

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
)

// roles returns what each member is, as n sees it.
func roles(t *testing.T, n *Node) map[string]string {
	t.Helper()
	s, err := n.Status(within(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]string{}
	for _, m := range s.Members {
		of[m.ID] = m.Role
	}
	return of
}

// A demoted node stays a non-voter under any leader, until it is promoted.
func TestDemotedNodeStaysANonVoter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 2})
		c.Nodes[3].Start()
		c.Nodes[4].Start()
		c.Until("five voters", func() error {
			for id, role := range roles(t, c.Leader()) {
				if role != "voter" {
					return fmt.Errorf("%s is a %s", id, role)
				}
			}
			return nil
		})
		leader := c.Leader()
		demoted := c.Others(leader)[0]
		fine(t, done(leader.Demote(within(time.Minute), nil, demoted.ID)))
		fine(t, done(leader.Demote(within(time.Minute), nil, demoted.ID)))
		<-time.After(time.Minute)
		if got := roles(t, leader)[demoted.ID]; got != "nonvoter" {
			t.Fatalf("a minute later it is a %s", got)
		}

		// The leader itself: the next one does it.
		fine(t, done(leader.Demote(within(time.Minute), nil, leader.ID)))
		next := c.LeaderOf(c.Others(leader)...)
		if got := roles(t, next); got[leader.ID] != "nonvoter" || got[next.ID] != "voter" {
			t.Fatalf("the leader demoted itself, and the roles are %v", got)
		}
		leader.Crash()
		leader.Start()
		<-time.After(time.Minute)
		if got := roles(t, c.Leader()); got[leader.ID] != "nonvoter" || got[demoted.ID] != "nonvoter" {
			t.Fatalf("under another leader the roles are %v", got)
		}

		fine(t, done(c.Leader().Promote(within(time.Minute), nil, demoted.ID)))
		fine(t, done(c.Leader().Promote(within(time.Minute), nil, demoted.ID)))
		if got := roles(t, c.Leader())[demoted.ID]; got != "voter" {
			t.Errorf("promoted, it is a %s", got)
		}
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.WaitReady()
		c.Check()
	})
}

func TestDemotionThatWouldLoseTheQuorumIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		healthy, dead := c.Others(leader)[0], c.Others(leader)[1]
		dead.Crash()
		var lost *cluster.QuorumLoss
		for _, id := range []string{healthy.ID, leader.ID} {
			if err := done(leader.Demote(within(time.Minute), nil, id)); !errors.As(err, &lost) {
				t.Errorf("demoting %s: %v, want it refused", id, err)
			}
		}
		if err := done(leader.Demote(within(time.Minute), nil, "nobody")); !errors.As(err, new(*cluster.UnknownNode)) {
			t.Errorf("demoting nobody: %v", err)
		}
		// A refusal leaves no trace: what was refused is not done later.
		dead.Start()
		c.WaitReady()
		<-time.After(time.Minute)
		for id, role := range roles(t, c.Leader()) {
			if role != "voter" {
				t.Errorf("%s is a %s", id, role)
			}
		}
		fine(t, done(c.Leader().Demote(within(time.Minute), nil, dead.ID)))
		dead.Crash()
		if err := done(c.Leader().Promote(within(time.Minute), nil, dead.ID)); !errors.As(err, new(*cluster.CannotVote)) {
			t.Errorf("promoting a dead node: %v", err)
		}
		dead.Start()
		<-time.After(time.Minute)
		if got := roles(t, c.Leader())[dead.ID]; got != "nonvoter" {
			t.Errorf("the promotion that was refused made it a %s", got)
		}
	})
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
