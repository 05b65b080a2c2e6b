package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// A read is linearizable if this node led during the read and its state has everything that was
// committed before. A barrier proves both, at the price of a log entry. A confirmation proves the
// same by asking the voters:
//
// 1. The leader notes its commit index. It has committed an entry of its own term, so the index
//     covers everything that earlier leaders acknowledged.
// 2. It asks each voter for its current term. It needs a majority, including itself, whose term
//     is still its own. A voter raises its term before it grants a vote, and a later leader needs
//     a majority of votes. So no later leader existed when the question was sent, and nobody else
//     had acknowledged anything.
// 3. The reader waits until the state has reached the index.
//
// Raft's VerifyLeader looks similar and is wrong in v1.8.0: it counts non-voters, and heartbeats
// sent before the question, and so let a deposed leader serve a stale read.

// callTerm asks a voter for its current term.
const callTerm = "term"

// confirmWithin bounds a confirmation. If a round has no majority by then, a barrier answers its
// readers. The barrier waits as long as this node leads.
const confirmWithin = 500 * time.Millisecond

type termAnswer struct {
	Term uint64 `json:"term"`
}

// answerTerm answers a leader with raft's own current term. A copy of the term would be raised too
// late, after the vote was granted.
func (c *Cluster) answerTerm(context.Context, port.Introduction, struct{}) (termAnswer, error) {
	r := c.raft.Load()
	if r == nil {
		return termAnswer{}, &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
	}
	return termAnswer{r.CurrentTerm()}, nil
}

// readRound returns the index that this node's state must reach to show everything that was
// committed before the call; 0 if it has reached it already.
func (c *Cluster) readRound(r *raft.Raft) (uint64, error) {
	if t, _ := c.lead.current(); t != nil {
		committed := r.CommitIndex() // noted before any voter is asked
		if c.confirm(r, t.number) {
			return c.newestCommand(committed)
		}
	}
	return 0, readError(r.Barrier(0).Error(), c.leaderElsewhere())
}

// confirm reports whether this node still led in term at some moment after the call began. False
// proves nothing: the voters may only have been slow, or run a release that does not know the
// question.
func (c *Cluster) confirm(r *raft.Raft, term uint64) bool {
	var others []port.Server
	voters, own := 0, 0
	for _, s := range r.GetConfiguration().Configuration().Servers {
		switch {
		case s.Suffrage != raft.Voter:
		case string(s.ID) == c.id:
			voters, own = voters+1, 1
		default:
			voters++
			others = append(others, port.Server{ID: string(s.ID), Address: string(s.Address)})
		}
	}
	need := voters/2 + 1 - own
	same := make(chan bool, len(others)) // buffered for all, so that late answers do not block
	for _, to := range others {
		if !c.asked.begin(to.ID) {
			same <- false
			continue
		}
		ask := func() {
			defer c.asked.end(to.ID)
			same <- c.hasTerm(to, term)
		}
		if !c.startTracked(ask) {
			c.asked.end(to.ID)
			return false
		}
	}
	for left := len(others); need > 0; left-- {
		if left < need {
			return false
		}
		if <-same {
			need--
		}
	}
	return r.State() == raft.Leader && r.CurrentTerm() == term // its own answer comes last
}

// hasTerm asks a voter. It does not end when others made the majority: that would close the
// connection, and the next question would have to open one.
func (c *Cluster) hasTerm(voter port.Server, term uint64) bool {
	ctx, cancel := context.WithTimeout(context.Background(), confirmWithin)
	defer cancel()
	var a termAnswer
	err := c.call(ctx, voter, callTerm, struct{}{}, &a)
	return err == nil && a.Term == term
}

// newestCommand returns the index of the newest command at or below a committed index, or 0 if the
// state has it already. Other entries never reach the state.
func (c *Cluster) newestCommand(committed uint64) (uint64, error) {
	for i := committed; i > c.state.Applied(); i-- {
		var l raft.Log
		switch err := c.written.GetLog(i, &l); {
		case errors.Is(err, raft.ErrLogNotFound):
			return 0, nil // compacted away: a snapshot has it, and so does the state
		case err != nil:
			return 0, &engine.Unavailable{Why: fmt.Sprintf("entry %d of the log: %v", i, err)}
		case l.Type == raft.LogCommand:
			return i, nil
		}
	}
	return 0, nil
}
