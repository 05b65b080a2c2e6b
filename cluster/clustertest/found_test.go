package clustertest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestMoreFoundersThanWantedMakeOneCluster starts more empty nodes than bootstrap_expect. Exactly
// one cluster results, and the others join it.
func TestMoreFoundersThanWantedMakeOneCluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 0, Options{Spare: 5})
		for _, n := range c.Nodes {
			n.start(3)
		}
		c.WaitReady()
		want := c.Leader().clusterID()
		c.Until("all to be members of one cluster", func() error {
			for _, n := range c.Nodes {
				if id := n.clusterID(); id != want {
					return fmt.Errorf("node %s is in cluster %q, the leader in %q", n.ID, id, want)
				}
			}
			return nil
		})
		c.Check()
	})
}

func TestFoundingWaitsForAllAndSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 0, Options{Spare: 3, Latency: 2 * time.Millisecond})
		c.Nodes[0].start(3)
		c.Nodes[1].start(3)
		<-time.After(30 * time.Second)
		if err := c.Nodes[0].Ready(); err == nil {
			t.Error("two of three founders have a cluster")
		}
		c.Nodes[2].start(3)
		<-time.After(515 * time.Millisecond) // about when promises are given
		for _, n := range c.Nodes {
			n.Crash()
			n.start(3)
			<-time.After(3 * time.Millisecond)
		}
		c.Check()
		if s, err := c.Leader().Status(within(time.Minute)); err != nil || len(s.Members) != 3 {
			t.Errorf("members %+v, %v", s.Members, err)
		}
	})
}
