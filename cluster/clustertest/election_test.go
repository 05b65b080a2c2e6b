package clustertest

import (
	"testing"
	"testing/synctest"
)

func TestThreeNodesElectOneLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		for _, n := range c.Nodes {
			if n != leader && n.IsLeader() {
				t.Errorf("nodes %s and %s both lead", leader.ID, n.ID)
			}
			if id, http, ok := n.Leader(); !ok || id != leader.ID || http != "http-"+leader.Address+":80" {
				t.Errorf("node %s knows leader %q at %q, want %s", n.ID, id, http, leader.ID)
			}
			if n.State().Applied() == 0 {
				t.Errorf("node %s has applied nothing", n.ID)
			}
		}
		if wins := leader.Wins(); len(wins) != 1 || wins[0].Ended {
			t.Errorf("the leader's duties: %+v, want one that goes on", wins)
		}
		c.Check()
	})
}
