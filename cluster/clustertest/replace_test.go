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

// A dead node is replaced by one command, which is repeated until the new one votes; only then the
// dead one goes.
func TestReplaceADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 2})
		hold(t, c, "a")
		leader := c.Leader()
		healthy, dead, fresh := c.Others(leader)[0], c.Others(leader)[1], c.Nodes[3]
		replace := func() (string, error) {
			waits, _, err := c.Leader().Replace(within(time.Minute), &fsm.Request{ID: "replace"}, dead.ID, fresh.ID)
			return waits, err
		}

		if _, err := replace(); !errors.As(err, new(*cluster.StillAlive)) {
			t.Fatalf("replacing a node that is alive: %v", err)
		}
		if _, _, err := leader.Replace(within(time.Minute), nil, leader.ID, fresh.ID); !errors.As(err, new(*cluster.StillAlive)) {
			t.Errorf("replacing the leader: %v", err)
		}
		if _, _, err := leader.Replace(within(time.Minute), nil, "nobody", fresh.ID); !errors.As(err, new(*cluster.UnknownNode)) {
			t.Errorf("replacing nobody: %v", err)
		}
		dead.Crash()
		waits, err := replace()
		if err != nil || !strings.Contains(waits, "has not joined") {
			t.Fatalf("before the new node runs: %q, %v", waits, err)
		}
		fresh.StallState()
		fresh.Start()
		c.Until("the new node to be a member", func() error {
			if roles(t, c.Leader())[fresh.ID] == "" {
				return errors.New("it is none")
			}
			return nil
		})
		for range 5 { // it cannot vote yet, so the dead one stays
			if waits, err := replace(); err != nil || !strings.Contains(waits, "does not vote yet") {
				t.Fatalf("while the new node lags: %q, %v", waits, err)
			}
			if got := roles(t, c.Leader()); got[dead.ID] != "voter" || got[fresh.ID] != "nonvoter" {
				t.Fatalf("while the new node lags the roles are %v", got)
			}
			<-time.After(2 * time.Second)
		}
		old := c.Leader() // whoever leads then goes on where it stood
		if err := done(old.Transfer(within(time.Minute), nil, healthyOf(old, leader, healthy).ID)); err != nil {
			t.Fatal(err)
		}
		fresh.FreeState()
		c.Until("the dead node to be replaced", func() error {
			if waits, err := replace(); err != nil || waits != "" {
				return fmt.Errorf("%q, %v", waits, err)
			}
			return nil
		})
		if got := roles(t, c.Leader()); len(got) != 3 || got[fresh.ID] != "voter" || got[dead.ID] != "" {
			t.Errorf("then the roles are %v", got)
		}
		if waits, err := replace(); err != nil || waits != "" {
			t.Errorf("repeated: %q, %v", waits, err)
		}
		if _, _, err := c.Leader().Replace(within(time.Minute), nil, healthy.ID, dead.ID); !errors.As(err, new(*fsm.NodeRemoved)) {
			t.Errorf("by a node that was removed: %v", err)
		}
		hold(t, c, "b")
	})
}

func healthyOf(leader, a, b *Node) *Node {
	if leader == a {
		return b
	}
	return a
}
