package clustertest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// must returns the answer of a proposal that has to succeed.
func must(t *testing.T, r fsm.Result, err error) fsm.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if r.Refusal != nil {
		t.Fatalf("refused: %v", r.Refusal)
	}
	return r
}

func within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	context.AfterFunc(ctx, cancel)
	return ctx
}

func TestProposeOnLeaderAndFollower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		follower := c.Others(leader)[0]

		r, err := leader.Propose(within(time.Second), Load("order", "v1"))
		loaded := must(t, r, err)
		if loaded.Index == 0 {
			t.Error("a success carries no index")
		}
		var not *engine.NotLeader
		if _, err := follower.Propose(within(time.Second), Start("order", "a")); !errors.As(err, &not) || not.Leader != leader.ID {
			t.Errorf("a follower answered %v, want that %s leads", err, leader.ID)
		}
		if err := follower.Sync(within(time.Second)); !errors.As(err, &not) {
			t.Errorf("a follower's Sync answered %v, want NotLeader", err)
		}
		// A follower forwards its own commands to the leader.
		r, err = follower.Propose(within(time.Second), fsm.Envelope{Command: &fsm.ReportReady{Node: follower.ID, Version: Load("order", "v1").Command.(*fsm.LoadPackage).Package.Version, Ready: true}})
		if r := must(t, r, err); r.Index <= loaded.Index {
			t.Errorf("the forwarded command has index %d, after %d", r.Index, loaded.Index)
		}
		// A refusal is a result.
		r, err = leader.Propose(within(time.Second), Start("unheard-of", "a"))
		if err != nil || r.Refusal == nil || r.Refusal.Code() != "unknown_workflow_type" {
			t.Errorf("starting an unrouted type: %v, %v", r.Refusal, err)
		}
		// Read your writes on a follower by index.
		if err := follower.WaitIndex(within(time.Second), loaded.Index); err != nil {
			t.Error(err)
		}
		c.Check()
	})
}

func TestPartitionedLeaderAcknowledgesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		c.Isolate(old)

		_, err := old.Propose(within(time.Minute), Start("order", "lost"))
		var unknown *engine.Unknown
		if !errors.As(err, &unknown) {
			t.Errorf("a leader that lost its majority answered %v, want an unknown outcome", err)
		}
		if err := old.Sync(within(time.Minute)); err == nil {
			t.Error("a deposed leader's Sync succeeded: it would serve a stale read")
		}
		if _, err := old.Propose(within(time.Second), Start("order", "refused")); err == nil || errors.As(err, &unknown) {
			t.Errorf("a deposed leader that knows answered %v, want that nothing happened", err)
		}
		next := c.LeaderOf(c.Others(old)...)
		must(t, mustProposeOn(next, Start("order", "kept")), nil)

		c.Heal()
		c.Check()
		c.Leader().View(func(v fsm.View) {
			if _, ok := v.Latest("kept"); !ok {
				t.Error("an acknowledged start is gone")
			}
			if _, ok := v.Latest("lost"); ok {
				t.Error("a start that never had a majority is there")
			}
		})
		if wins := old.Wins(); !wins[0].Ended {
			t.Error("the deposed leader's duties go on")
		}
	})
}

func TestDeposedLeaderNeverServesAStaleRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		c.Isolate(old)
		// Readers keep asking the old leader while the others move on. A reader that gets an answer
		// must see everything that was acknowledged before it asked.
		stop := make(chan struct{})
		done := make(chan struct{})
		acked := make(chan string, 1)
		acked <- ""
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				default:
				}
				before := <-acked
				acked <- before
				if old.Sync(within(50*time.Millisecond)) != nil || before == "" {
					<-time.After(time.Millisecond)
					continue
				}
				old.View(func(v fsm.View) {
					if _, ok := v.Latest(before); !ok {
						t.Errorf("a read after Sync misses %q, which was acknowledged before", before)
					}
				})
			}
		}()
		next := c.LeaderOf(c.Others(old)...)
		for i := range 20 {
			id := fmt.Sprintf("run-%d", i)
			must(t, mustProposeOn(next, Start("order", id)), nil)
			<-acked
			acked <- id
			<-time.After(30 * time.Millisecond)
		}
		c.Heal()
		c.WaitReady()
		close(stop)
		<-done
		c.Check()
	})
}

func TestRequestIDGivesTheFirstOutcomeAcrossFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		first := must(t, mustPropose(c, WithRequest("k1", Load("order", "v1"))), nil)
		refused, err := c.Propose(WithRequest("k2", Start("nothing", "a")))
		if err != nil || refused.Refusal == nil {
			t.Fatalf("got %v, %v", refused, err)
		}
		old := c.Leader()
		old.Crash()
		again := must(t, mustPropose(c, WithRequest("k1", Load("order", "v1"))), nil)
		if !again.Deduplicated || again.Index != first.Index {
			t.Errorf("the repeated request answered index %d, deduplicated %v; want the first outcome at %d", again.Index, again.Deduplicated, first.Index)
		}
		must(t, mustPropose(c, Load("nothing", "v1")), nil)
		r, err := c.Propose(WithRequest("k2", Start("nothing", "a")))
		if err != nil || r.Refusal == nil || !r.Deduplicated {
			t.Errorf("the repeated refused request answered %+v, %v; want the first refusal", r, err)
		}
		old.Start()
		c.Check()
	})
}

// TestUnknownOutcomeIsSettledByTheRequestID cuts a leader off after a follower has the entry and
// before it hears the answer.
func TestUnknownOutcomeIsSettledByTheRequestID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Latency: 5 * time.Millisecond})
		must(t, mustPropose(c, Load("order", "v1")), nil)
		old := c.Leader()
		<-time.After(time.Second) // nothing is on its way
		before := old.stored()
		command := WithRequest("k", Start("order", "a"))
		outcome := make(chan error, 1)
		go func() {
			_, err := old.Propose(within(time.Minute), command)
			outcome <- err
		}()
		for arrived := false; !arrived; { // with one follower it has reached a majority; the answer takes as long again
			<-time.After(time.Millisecond)
			for _, n := range c.Others(old) {
				arrived = arrived || n.stored() > before
			}
		}
		c.Isolate(old)
		var unknown *engine.Unknown
		if err := <-outcome; !errors.As(err, &unknown) {
			t.Fatalf("the cut-off leader answered %v, want an unknown outcome", err)
		}
		c.LeaderOf(c.Others(old)...)
		r := must(t, mustPropose(c, command), nil)
		if !r.Deduplicated {
			t.Error("the entry had reached a majority, and the repeated request was done again")
		}
		c.Heal()
		c.Check()
	})
}

func TestLeadIsCalledOncePerWinAndEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := make(chan struct{}, 1) // one leader's duties at a time per node, and they end slowly
		c := NewWith(t, 3, Options{Lead: func(_ int, ctx context.Context, _ uint64) {
			select {
			case running <- struct{}{}:
			default:
			}
			<-ctx.Done()
			<-time.After(3 * time.Second)
		}})
		for range 4 {
			old := c.Leader()
			c.Isolate(old)
			c.LeaderOf(c.Others(old)...)
			c.Heal()
			c.WaitReady()
		}
		<-time.After(10 * time.Second)
		terms := map[uint64]string{}
		open := 0
		for _, n := range c.Nodes {
			for i, w := range n.Wins() {
				if other, twice := terms[w.Term]; twice {
					t.Errorf("lead was called for term %d on %s and on %s", w.Term, other, n.ID)
				}
				terms[w.Term] = n.ID
				if !w.Ended {
					open++
					if i != len(n.Wins())-1 {
						t.Errorf("node %s led again before its duties of term %d were over", n.ID, w.Term)
					}
				}
			}
		}
		if open != 1 {
			t.Errorf("%d leads go on, want 1", open)
		}
		// a node that wins again while its old duties still end, and loses again, does not lead a
		// second time
		if len(terms) < 2 {
			t.Errorf("%d terms after 4 failovers", len(terms))
		}
		c.Check()
	})
}

func TestLogTimeNeverGoesBackOverLeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		must(t, mustPropose(c, Load("order", "v1")), nil)
		last := history.Time(0)
		for i := range 5 {
			must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
			c.Leader().View(func(v fsm.View) {
				if v.Now() < last {
					t.Errorf("log time went back from %v to %v", last, v.Now())
				}
				last = v.Now()
			})
			old := c.Leader()
			c.Isolate(old)
			c.LeaderOf(c.Others(old)...)
			c.Heal()
			c.WaitReady()
		}
		if wall := history.At(time.Now()); wall.Sub(last) > time.Minute || last > wall {
			t.Errorf("log time is %v, the wall clock %v", last, wall)
		}
		c.Check()
	})
}

func TestCleanShutdownHandsLeadershipOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		old := c.Leader()
		before := time.Now()
		old.Stop()
		next := c.Leader()
		if took := time.Since(before); took > 900*time.Millisecond {
			t.Errorf("after %v there was another leader, which is as long as an election: leadership was not handed over", took)
		}
		if next == old {
			t.Fatal("a stopped node leads")
		}
		if old.Stopped != nil {
			t.Errorf("Run returned %v", old.Stopped)
		}
		if wins := old.Wins(); !wins[len(wins)-1].Ended {
			t.Error("Run returned before the leader's duties were over")
		}
		old.Start()
		c.Check()
	})
}

func TestTransferAndRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		old := c.Leader()
		next := c.Others(old)[0]
		if err := done(old.Transfer(within(10*time.Second), nil, next.ID)); err != nil {
			t.Fatal(err)
		}
		c.WaitReady()
		if got := c.Leader(); got != next {
			t.Fatalf("%s leads, want %s", got.ID, next.ID)
		}
		if err := done(next.Transfer(within(time.Second), nil, "nobody")); err == nil {
			t.Error("leadership was transferred to an unknown node")
		}
		if err := done(next.Remove(within(time.Second), nil, "nobody")); err == nil {
			t.Error("an unknown node was removed")
		}
		if err := done(next.Remove(within(10*time.Second), nil, old.ID)); err != nil {
			t.Fatal(err)
		}
		c.Until("the removed node to say so", func() error {
			if old.Ready() == nil {
				return errors.New("it is ready")
			}
			return nil
		})
		s, err := next.Status(within(10 * time.Second))
		if err != nil || len(s.Members) != 2 || s.Leader != next.ID {
			t.Fatalf("status %+v, %v", s, err)
		}
		next.View(func(v fsm.View) {
			for _, n := range v.Nodes() {
				if n.ID == old.ID {
					t.Errorf("the removed node's row is still there")
				}
			}
		})
		// A caller who lost the answer asks again, and hears that it is done.
		if err := done(next.Remove(within(10*time.Second), nil, old.ID)); err != nil {
			t.Errorf("removed once more: %v", err)
		}
		old.Stop()
		c.Check()
	})
}

func mustPropose(c *Cluster, e fsm.Envelope) fsm.Result {
	c.t.Helper()
	r, err := c.Propose(e)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func mustProposeOn(n *Node, e fsm.Envelope) fsm.Result {
	n.all.t.Helper()
	r, err := n.Propose(within(10*time.Second), e)
	if err != nil {
		n.all.t.Fatal(err)
	}
	return r
}
