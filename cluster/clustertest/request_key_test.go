package clustertest

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// done drops the answer of an operation.
func done[A any](_ A, err error) error { return err }

// newest waits until the state is at the newest level.
func (c *Cluster) newest() {
	c.t.Helper()
	c.Until("the newest level", func() error {
		if s, err := c.Leader().Status(within(10 * time.Second)); err != nil || s.Level < fsm.NewestLevel {
			return fmt.Errorf("level %d, %v", s.Level, err)
		}
		return nil
	})
}

// An operation under a known key answers as it did first, on whichever node leads, and does nothing
// that an operator has taken back meanwhile.
func TestKeyedOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 2})
		c.Nodes[3].Start()
		c.Nodes[4].Start()
		c.newest()
		c.Until("five voters", func() error {
			if r := roles(t, c.Leader()); len(r) < 5 {
				return fmt.Errorf("%v", r)
			}
			for id, role := range roles(t, c.Leader()) {
				if role != "voter" {
					return fmt.Errorf("%s is a %s", id, role)
				}
			}
			return nil
		})
		key := func(id string) *fsm.Request { return &fsm.Request{ID: id, Print: catalog.Digest{1}} }
		other := func(id string) *fsm.Request { return &fsm.Request{ID: id, Print: catalog.Digest{2}} }
		is := func(what string, deduplicated bool, a engine.Answered, err error) {
			t.Helper()
			if err != nil || a.Deduplicated != deduplicated || a.Index == 0 {
				t.Errorf("%s: %+v, %v", what, a, err)
			}
		}
		type operation = func(*Node, *fsm.Request, string) (engine.Answered, error)
		demote := operation(func(n *Node, q *fsm.Request, id string) (engine.Answered, error) {
			return n.Demote(within(time.Minute), q, id)
		})
		promote := operation(func(n *Node, q *fsm.Request, id string) (engine.Answered, error) {
			return n.Promote(within(time.Minute), q, id)
		})
		remove := operation(func(n *Node, q *fsm.Request, id string) (engine.Answered, error) {
			return n.Remove(within(time.Minute), q, id)
		})
		transfer := operation(func(n *Node, q *fsm.Request, id string) (engine.Answered, error) {
			return n.Transfer(within(time.Minute), q, id)
		})
		once := func(what string, do operation, id, target string) {
			t.Helper()
			a, err := do(c.Leader(), key(id), target)
			is(what, false, a, err)
		}
		again := func(what string, do operation, id, target string) {
			t.Helper()
			a, err := do(c.Leader(), key(id), target)
			is(what+" again", true, a, err)
			if _, err := do(c.Leader(), other(id), target); !errors.As(err, new(*fsm.RequestMismatch)) {
				t.Errorf("%s under a key of another request: %v", what, err)
			}
		}

		leader := c.Leader()
		x := c.Others(leader)[0].ID
		once("demote", demote, "d", x)
		once("promote", promote, "p", x)
		again("demote", demote, "d", x)
		again("promote", promote, "p", x)
		if got := roles(t, c.Leader())[x]; got != "voter" {
			t.Fatalf("a repeated demotion took the vote that was given back: it is a %s", got)
		}
		once("demote", demote, "d2", x)
		again("promote", promote, "p", x)
		if got := roles(t, c.Leader())[x]; got != "nonvoter" {
			t.Fatalf("a repeated promotion gave the vote that was taken since: it is a %s", got)
		}
		once("promote", promote, "p2", x)

		once("transfer to anybody", transfer, "t", "")
		second := c.LeaderOf(c.Others(leader)...)
		again("transfer to anybody", transfer, "t", "")
		if c.Leader() != second {
			t.Error("a repeated transfer handed leadership on once more")
		}
		third := c.Others(second)[0]
		once("transfer", transfer, "t2", third.ID)
		c.LeaderOf(third)
		again("transfer", transfer, "t2", third.ID)
		fine(t, done(third.Transfer(within(time.Minute), nil, second.ID)))
		c.LeaderOf(second)
		again("transfer, undone since,", transfer, "t2", third.ID)
		again("transfer to anybody", transfer, "t", "")

		// A leader that was lost before it handed anything on has handed nothing on.
		crashed := c.Leader()
		fine(t, done(crashed.Propose(within(time.Minute), fsm.Envelope{Request: key("t3"), Command: new(fsm.NoteCall)})))
		crashed.Crash()
		winner := c.LeaderOf(c.Others(crashed)...)
		var target *Node
		for _, n := range c.Others(crashed) {
			if n != winner {
				target = n
			}
		}
		crashed.Start()
		if _, err := transfer(winner, key("t3"), target.ID); !errors.As(err, new(*cluster.CannotLead)) {
			t.Errorf("a transfer to %s, while %s won: %v", target.ID, winner.ID, err)
		}

		token, made, a, err := c.Leader().IssueJoinToken(within(time.Minute), key("j"), "ops", time.Hour)
		is("join token", false, a, err)
		empty, same, a, err := c.Leader().IssueJoinToken(within(time.Minute), key("j"), "ops", time.Hour)
		is("join token again", true, a, err)
		list, _, err := c.Leader().JoinTokens(within(time.Minute), engine.Read{})
		if err != nil || token == "" || empty != "" || same.ID != made.ID || same.CreatedAt != made.CreatedAt || len(list) != 1 {
			t.Errorf("%q %+v, repeated %q %+v; the list is %+v, %v", token, made, empty, same, list, err)
		}
		if _, _, _, err := c.Leader().IssueJoinToken(within(time.Minute), key("d"), "ops", 0); !errors.As(err, new(*fsm.RequestMismatch)) {
			t.Errorf("a join token under the key of a demotion: %v", err)
		}
		once("revoke", func(n *Node, q *fsm.Request, id string) (engine.Answered, error) {
			return n.RevokeJoinToken(within(time.Minute), q, id)
		}, "r", made.ID)

		gone := c.Leader() // it asks the next leader
		once("remove", remove, "g", gone.ID)
		again("remove", remove, "g", gone.ID)
		if _, there := roles(t, c.LeaderOf(c.Others(gone)...))[gone.ID]; there {
			t.Errorf("%s is still a member", gone.ID)
		}
		once("remove under another key", remove, "g2", gone.ID)
	})
}

// A node drains once for a request, whichever node is asked, until it starts anew.
func TestKeyedDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		leader := c.Leader()
		x, y := c.Others(leader)[0], c.Others(leader)[1]
		drain := func(n *Node, id string, print byte, on, again bool) {
			t.Helper()
			a, err := n.Drain(within(time.Minute), &fsm.Request{ID: id, Print: catalog.Digest{print}}, x.ID, on)
			if err != nil || a.Deduplicated != again {
				t.Errorf("%s: %+v, %v, want one that is repeated: %v", id, a, err, again)
			}
		}
		drain(leader, "d", 1, true, false)
		drain(y, "u", 2, false, false)
		drain(y, "d", 1, true, true)
		if x.Draining() {
			t.Error("a repeated request drained a node that was put back since")
		}
		drain(x, "d2", 1, true, false)
		drain(leader, "u", 2, false, true)
		if !x.Draining() {
			t.Error("a repeated request put a node back that was drained since")
		}
		_, err := leader.Drain(within(time.Minute), &fsm.Request{ID: "d", Print: catalog.Digest{9}}, x.ID, true)
		if r, is := errors.AsType[fsm.Refusal](err); !is || r.Code() != "request_mismatch" {
			t.Errorf("another request under a key of the first: %v", err)
		}
		x.Crash()
		x.Start()
		drain(x, "d", 1, true, false)
	})
}
