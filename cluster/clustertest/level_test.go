package clustertest

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/fsm"
)

func levelOf(n *Node) (level uint64) {
	n.View(func(v fsm.View) { level = v.Level() })
	return level
}

// TestFreshClusterReachesItsLevel: a cluster whose members all run this build is at the newest
// level within moments of its first leader, and a node that joins is let in and at it, too.
func TestFreshClusterReachesItsLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 1})
		time.Sleep(2 * time.Second)
		for _, n := range c.Nodes[:3] {
			if got := levelOf(n); got != fsm.NewestLevel {
				t.Errorf("node %s is at level %d", n.ID, got)
			}
		}
		c.Nodes[3].Start()
		c.Until("the joiner's level", func() error {
			if levelOf(c.Nodes[3]) != fsm.NewestLevel {
				return errors.New("it is at another level")
			}
			return nil
		})
		if behind := c.Leader().Behind(); behind != nil {
			t.Errorf("it waits for %q", behind)
		}
	})
}

// TestOneMemberHoldsTheLevel: the level stays as long as one member holds it or is away, the leader
// says who, and it rises once nobody does.
func TestOneMemberHoldsTheLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		holds := true
		c := NewWith(t, 3, Options{Hold: func(i int) bool { return i == 2 && holds }})
		c.Leader() // there is one
		time.Sleep(5 * time.Second)
		waits := func(want string) {
			t.Helper()
			behind := c.Leader().Behind()
			if got := levelOf(c.Leader()); got != 0 || len(behind) != 1 || !strings.Contains(behind[0], want) {
				t.Errorf("at level %d, waiting for %q, want %q", got, behind, want)
			}
		}
		waits("n3 (has cluster.hold_level)")
		c.Nodes[2].Stop()
		c.WaitReady()
		time.Sleep(5 * time.Second)
		waits("n3 (does not answer)")
		holds = false
		c.Nodes[2].Start()
		c.WaitReady()
		time.Sleep(5 * time.Second)
		for _, n := range c.Nodes {
			if got := levelOf(n); got != fsm.NewestLevel {
				t.Errorf("node %s is at level %d", n.ID, got)
			}
		}
	})
}
