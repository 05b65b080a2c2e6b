package clustertest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
)

// TestLeaderWithAStuckDiskGivesWay: its heartbeats need no disk, so the others would follow it
// forever.
func TestLeaderWithAStuckDiskGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		sick := c.Leader()
		sick.Stall()
		outcome := make(chan error, 1)
		go func() {
			_, err := sick.Propose(within(20*time.Second), Start("order", "a"))
			outcome <- err
		}()
		c.Until("the leader with the stuck disk to say so", func() error {
			if len(sick.Fatal()) == 0 {
				return errors.New("its fatal hook was not called")
			}
			return nil
		})
		if err := sick.Fatal()[0]; !strings.Contains(err.Error(), "committed nothing for 5s") {
			t.Errorf("it gave way because %v", err)
		}
		next := c.LeaderOf(c.Others(sick)...)
		must(t, mustProposeOn(next, Start("order", "b")), nil)
		if err := <-outcome; !errors.As(err, new(*engine.Unknown)) {
			t.Errorf("the proposal that hung ended with %v, want an unknown outcome", err)
		}
		sick.Unstall()
		if err := sick.Died(); err == nil {
			t.Error("Run returned no error")
		}
		sick.Start()
		c.Check()
	})
}

// TestNewLeaderWhoseStateHangsGivesWay: as a follower it acknowledged all entries, because its log
// is healthy, so it wins. But it applies nothing, so its barrier never completes.
func TestNewLeaderWhoseStateHangsGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		leader := c.Leader()
		sick, lags := c.Others(leader)[0], c.Others(leader)[1]
		sick.StallState()
		lags.Stop()
		must(t, mustProposeOn(leader, Start("order", "a")), nil) // on the leader and on the sick node
		leader.Crash()
		lags.Start() // this node lacks that entry, so the sick one must win
		c.Until("the new leader with the stuck state to say so", func() error {
			if len(sick.Fatal()) == 0 {
				return errors.New("its fatal hook was not called")
			}
			return nil
		})
		if err := sick.Fatal()[0]; !strings.Contains(err.Error(), "committed nothing for 5s") {
			t.Errorf("it gave way because %v", err)
		}
		leader.Start()
		next := c.LeaderOf(leader, lags)
		must(t, mustProposeOn(next, Start("order", "b")), nil)
		sick.FreeState()
		if err := sick.Died(); err == nil {
			t.Error("Run returned no error")
		}
		sick.Start()
		c.Check()
	})
}

// TestEndThatGetsNowhereIsCutShort: an apply that hangs cannot be interrupted, and raft waits for
// it.
func TestEndThatGetsNowhereIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		sick := c.Others(c.Leader())[0]
		sick.StallState()
		must(t, mustPropose(c, Start("order", "a")), nil)
		<-time.After(time.Second)
		sick.stop()
		c.Until("the process to be ended", func() error {
			if len(sick.Fatal()) == 0 {
				return errors.New("its fatal hook was not called")
			}
			return nil
		})
		if err := sick.Fatal()[0]; !strings.Contains(err.Error(), "no progress for 15s") {
			t.Errorf("it was ended because %v", err)
		}
		sick.FreeState()
		if err := sick.Died(); err == nil {
			t.Error("Run returned no error")
		}
	})
}

func TestLeaderWithoutAMajorityLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		c.Isolate(c.Leader())
		<-time.After(2 * time.Minute)
		for _, n := range c.Nodes {
			if f := n.Fatal(); len(f) > 0 {
				t.Errorf("node %s: %v", n.ID, f)
			}
		}
		c.Heal()
		c.Check()
	})
}

func TestTransferToANodeThatIsNotReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		cut := c.Others(leader)[0]
		c.Isolate(cut)
		if err := done(leader.Transfer(within(30*time.Second), nil, cut.ID)); err == nil {
			t.Error("leadership was transferred to a node that nobody reaches")
		}
		must(t, mustPropose(c, Load("order", "v1")), nil)
		c.Heal()
		<-time.After(time.Minute)
		c.Check()
		for _, n := range c.Nodes {
			if f := n.Fatal(); len(f) > 0 {
				t.Errorf("node %s: %v", n.ID, f)
			}
		}
	})
}

// TestCrashBetweenStoringAndRestoringASnapshot leaves a node with a snapshot that a leader sent and
// a state that is behind it. Raft, which does not restore snapshots at start, would take the
// snapshot's index as applied.
func TestCrashBetweenStoringAndRestoringASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Raft: small})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		late := c.Others(c.Leader())[0]
		late.Stop()
		behind := late.State().Applied()
		for i := range 100 {
			must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
		}
		leader := c.Leader()
		c.Until("a snapshot", func() error {
			if list, _ := leader.disk.snapshots.List(); len(list) == 0 || list[0].Index < behind+50 {
				return errors.New("none is new enough")
			}
			return nil
		})
		late.disk.snapshots = leader.disk.snapshots.crash()
		list, err := late.disk.snapshots.List()
		if err != nil {
			t.Fatal(err)
		}
		late.Start()
		if got := late.State().Applied(); got+10 < list[0].Index {
			t.Errorf("the state starts at index %d, beside a snapshot of %d", got, list[0].Index)
		}
		c.Check()
	})
}
