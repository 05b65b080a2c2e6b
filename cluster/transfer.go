package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// Leadership is transferred only to a node that can take it. From the start of a transfer until it
// succeeds or times out, raft refuses every command. So the leader asks the target first, while
// commands still go through.

// maxHandOverLag is how many entries the next leader may lack or not have applied yet. Raft sends
// them while commands wait.
const maxHandOverLag = 64

// CannotLead refuses to transfer leadership to a node.
type CannotLead struct {
	Node string // empty: any node
	Why  string
}

// Error implements error.
func (e *CannotLead) Error() string {
	if e.Node == "" {
		return "no other node can take leadership: " + e.Why
	}
	return fmt.Sprintf("node %s cannot take leadership: %s", e.Node, e.Why)
}

// Code implements fsm.Refusal.
func (e *CannotLead) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *CannotLead) Facts() map[string]any {
	if e.Node == "" {
		return nil
	}
	return map[string]any{"node": e.Node}
}

// Transfer hands leadership to a voter, on the leader. An empty node means the most up-to-date
// voter. It refuses at once, with *CannotLead, if the node cannot lead now. A request that is known
// tells who has won since, and hands nothing over unless nobody has.
func (c *Cluster) Transfer(ctx context.Context, q *fsm.Request, node string) (a engine.Answered, err error) {
	if _, err := c.term(ctx); err != nil {
		return a, err
	}
	a, known, err := c.recall(q)
	if err != nil {
		return a, err
	}
	if known {
		switch winner, over := c.wonAfter(a.Index); {
		case over && node != "" && winner != "" && winner != node:
			return a, &CannotLead{node, fmt.Sprintf("node %s won an election after this request first came", winner)}
		case over:
			return a, nil
		}
	}
	r := c.raft.Load()
	if node == c.id {
		return c.note(ctx, q)
	}
	s, err := c.nextLeader(ctx, r, node)
	if err != nil {
		return a, err
	}
	if a, err = c.note(ctx, q); err != nil {
		return a, err
	}
	return a, c.transferred(ctx, r.LeadershipTransferToServer(s.ID, s.Address))
}

// nextLeader returns the voter to which Transfer hands leadership.
func (c *Cluster) nextLeader(ctx context.Context, r *raft.Raft, node string) (s raft.Server, err error) {
	if node == "" {
		return c.fittest(ctx, r, false)
	}
	if s, err = findMember(r, node); err != nil {
		return s, err
	}
	if s.Suffrage != raft.Voter {
		return s, &CannotLead{node, "it is not a voter"}
	}
	if o := c.askToLead(ctx, r, s); !o.fit || o.yields {
		return s, &CannotLead{node, o.why}
	}
	return s, nil
}

// wonAfter returns who won the first election after an entry, and whether there was one. The winner
// is empty if the events of that time are not kept any more.
func (c *Cluster) wonAfter(index uint64) (winner string, over bool) {
	c.state.View(func(v fsm.View) {
		if v.FeedStart() > index {
			over = true
			return
		}
		after := fsm.FeedCursor{Index: index, N: math.MaxUint32}
		for !over {
			events, next := v.Feed(after, 1000)
			if len(events) == 0 {
				return
			}
			for _, e := range events {
				var won struct{ Node string }
				if e.Name == "LeaderChanged" && json.Unmarshal(e.Data, &won) == nil {
					winner, over = won.Node, true
					return
				}
			}
			after = next
		}
	})
	return winner, over
}

// successor is a voter that could lead next.
type successor struct {
	server raft.Server
	fit    bool
	yields bool // it is fit, but should lead only if nobody else can
	why    string
	last   uint64 // its newest entry
}

// askToLead asks a voter whether it could lead now.
func (c *Cluster) askToLead(ctx context.Context, r *raft.Raft, s raft.Server) successor {
	last, commit := r.LastIndex(), r.CommitIndex()
	g, err := c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)})
	h := successor{server: s, last: g.Last}
	switch {
	case err != nil:
		h.why = fmt.Sprintf("it does not answer: %v", err)
	case g.Last+maxHandOverLag < last:
		h.why = fmt.Sprintf("its log lacks %d entries", last-g.Last)
	case g.Applied+maxHandOverLag < commit:
		h.why = fmt.Sprintf("its state lacks %d entries", commit-g.Applied)
	default:
		h.fit = true
	}
	for _, o := range g.Objections {
		if !h.fit {
			break
		}
		h.why, h.yields, h.fit = o.Why, true, o.Yields
	}
	return h
}

// transferToBest hands leadership to the fittest voter.
func (c *Cluster) transferToBest(ctx context.Context, r *raft.Raft, last bool) error {
	s, err := c.fittest(ctx, r, last)
	if err != nil {
		return err
	}
	return c.transferred(ctx, r.LeadershipTransferToServer(s.ID, s.Address))
}

// fittest returns the fit voter with the newest log. With last, this node is about to end, so it
// also accepts a voter that should lead only if nobody else can.
func (c *Cluster) fittest(ctx context.Context, r *raft.Raft, last bool) (s raft.Server, err error) {
	successors := c.successors(ctx, r)
	why := "there is no other voter"
	for i, h := range successors {
		if h.fit && (!h.yields || last) {
			return h.server, nil
		}
		if i == 0 {
			why = ""
		}
		why += fmt.Sprintf("; node %s: %s", h.server.ID, h.why)
	}
	return s, &CannotLead{Why: strings.TrimPrefix(why, "; ")}
}

// successors asks all other voters whether they could lead, and returns them, best first.
func (c *Cluster) successors(ctx context.Context, r *raft.Raft) []successor {
	var others []raft.Server
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter && string(s.ID) != c.id {
			others = append(others, s)
		}
	}
	successors := make([]successor, len(others))
	var all sync.WaitGroup
	for i, s := range others {
		all.Go(func() { successors[i] = c.askToLead(ctx, r, s) })
	}
	all.Wait()
	slices.SortStableFunc(successors, func(a, b successor) int {
		rank := func(h successor) int {
			switch {
			case !h.fit:
				return 2
			case h.yields:
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.last, a.last))
	})
	return successors
}

// HandOver implements engine.HandOver: it transfers leadership to the first of nodes that accepts
// it.
func (c *Cluster) HandOver(ctx context.Context, nodes []string) error {
	var why error
	for _, node := range nodes {
		if node == c.id {
			continue
		}
		_, err := c.Transfer(ctx, nil, node)
		if err == nil {
			return nil
		}
		why = errors.Join(why, err)
		if ctx.Err() != nil {
			break
		}
	}
	if why == nil {
		return errors.New("no other node can take leadership")
	}
	return why
}

// transferred waits for a transfer, no longer than the caller does: raft may never answer an
// interrupted one (hashicorp/raft#696). The outcome of a failed transfer is unknown: its target may
// yet stand for election.
func (c *Cluster) transferred(ctx context.Context, f raft.Future) error {
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	select {
	case err := <-done:
		return proposeError(err, c.leaderElsewhere())
	case <-ctx.Done():
		return &engine.Unknown{Cause: fmt.Errorf("the call ended while leadership was being handed over: %w", context.Cause(ctx))}
	}
}

// handOver gives leadership away before this node ends, if another node can take it.
func (c *Cluster) handOver() {
	r := c.raft.Load()
	if r == nil || r.State() != raft.Leader || c.failedWith() != nil {
		return
	}
	if voters := c.voters(); len(voters) == 1 && voters[0] == c.id {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), handOverWithin, errors.New("handing over took too long"))
	defer cancel()
	if err := c.transferToBest(ctx, r, true); err != nil {
		c.log.Warn("leadership was not handed over", "error", err)
	}
}

// handOverWithin bounds how long an ending leader waits for its successor.
const handOverWithin = changeWithin
