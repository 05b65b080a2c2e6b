package cluster

import (
	"context"
	"sync/atomic"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// maxCommandBytes bounds one encoded command: what may be in flight altogether.
const maxCommandBytes = maxInFlightBytes

// command is one command on its way into the log, or several that stay together. Exactly one side
// decides its fate: the committer, which puts it into an entry, or its caller, who withdraws it.
type command struct {
	pieces [][]byte // neighbours in one entry, in this order
	bytes  int      // of all pieces
	mark   byte     // markUpkeep, markCheck or 0
	work   uint64   // how much work the state machine will have with it; see fsm.Estimate
	fate   atomic.Int32
	answer chan answer // buffered for the one answer
}

func newCommand(mark byte, work uint64, pieces ...[]byte) *command {
	cmd := &command{pieces: pieces, mark: mark, work: work, answer: make(chan answer, 1)}
	for _, p := range pieces {
		cmd.bytes += len(p)
	}
	return cmd
}

const (
	fateWaiting = iota
	fateTaken
	fateWithdrawn
)

type answer struct {
	results []fsm.Result // one for each piece
	err     error
}

// Propose implements engine.Log.
func (c *Cluster) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	results, err := c.ProposeTogether(ctx, e)
	if err != nil {
		return fsm.Result{}, err
	}
	return results[0], nil
}

// ProposeTogether implements engine.Together.
func (c *Cluster) ProposeTogether(ctx context.Context, envelopes ...fsm.Envelope) ([]fsm.Result, error) {
	if err := c.closedError(); err != nil {
		return nil, err
	}
	pieces := make([][]byte, len(envelopes))
	work := uint64(0)
	for i, e := range envelopes {
		if err := c.requireArchive(e.Command); err != nil {
			return nil, err
		}
		var err error
		if pieces[i], err = fsm.EncodeEnvelope(c.readable(e)); err != nil {
			return nil, err
		}
		work += fsm.Estimate(e.Command)
	}
	cmd := newCommand(markOf(envelopes[0].Command), work, pieces...)
	if len(pieces) > 1 && (cmd.bytes > maxCommandBytes || work > fsm.EntryBudget) {
		return nil, engine.ErrApart
	}
	if cmd.bytes > maxCommandBytes {
		return []fsm.Result{{Refusal: &fsm.ResourceExhausted{What: "bytes in one command", Limit: maxCommandBytes}}}, nil
	}
	t, err := c.term(ctx)
	if err != nil {
		if _, other := err.(*engine.NotLeader); other && len(envelopes) == 1 {
			if _, own := subject(envelopes[0].Command); own {
				res, err := c.forward(ctx, pieces[0])
				return []fsm.Result{res}, err
			}
		}
		return nil, err
	}
	// Only the leader's disk counts. A node that has transferred leadership must name the next
	// leader instead.
	for _, e := range envelopes {
		if err := c.refuseGrowth(e.Command); err != nil {
			return nil, err
		}
	}
	return t.committer.propose(ctx, cmd)
}

// Alike implements engine.Together.
func (c *Cluster) Alike() (alike bool) {
	alike = true
	c.state.View(func(v fsm.View) {
		for _, n := range v.Nodes() {
			alike = alike && n.Version == c.cfg.Version
		}
	})
	return alike
}

// term returns the term that this node leads in, once this node has caught up with what earlier
// leaders committed. A node that has won and is still catching up makes the caller wait. A node
// that has not won answers at once.
func (c *Cluster) term(ctx context.Context) (*term, error) {
	for {
		t, changed := c.lead.current()
		if t != nil {
			return t, nil
		}
		r := c.raft.Load()
		switch {
		case r == nil:
			return nil, &engine.Unavailable{Why: "this node does not belong to a cluster yet"}
		case r.State() != raft.Leader:
			return nil, c.leaderless()
		}
		select {
		case <-changed:
		case <-c.failed: // the state hangs, and callers should ask the next leader
			return nil, c.closedError()
		case <-ctx.Done():
			return nil, tooLate(ctx, "the new leader was catching up")
		}
	}
}

func (c *Cluster) notLeader() *engine.NotLeader {
	id, _, _ := c.Leader()
	if id == c.id { // raft has not reported the loss yet
		id = ""
	}
	return &engine.NotLeader{Leader: id}
}

// markOf returns what replicas should know about an entry without decoding it.
func markOf(cmd fsm.Command) byte {
	switch cmd.Kind() {
	case fsm.KindCheck:
		return markCheck
	case fsm.KindReportDigest:
		return markUpkeep
	}
	return 0
}
