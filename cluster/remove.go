package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// A node is removed only if the remaining voters have a majority that answers now. A new
// configuration takes effect as soon as it is in the log. So a removal that leaves no majority ends
// the quorum before anybody can undo it (etcd calls this check strict reconfiguration).

// QuorumLoss refuses a change of the members that would leave no majority.
type QuorumLoss struct {
	Node    string // the node to remove
	Voters  int    // voters that would remain
	Need    int    // how many of them a commit would need
	Answer  []string
	Silent  []string          // sorted
	Because map[string]string // by silent node
}

// Error implements error.
func (e *QuorumLoss) Error() string {
	if e.Voters == 0 {
		return fmt.Sprintf("node %s is the only voter: without it there is no cluster", e.Node)
	}
	var silent []string
	for _, id := range e.Silent {
		silent = append(silent, fmt.Sprintf("%s (%s)", id, e.Because[id]))
	}
	return fmt.Sprintf("without node %s the cluster would have %d voters and need %d of them, but only %d answer: %s does not. Bring it back, or remove it first",
		e.Node, e.Voters, e.Need, len(e.Answer), strings.Join(silent, ", "))
}

// Code implements fsm.Refusal.
func (e *QuorumLoss) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *QuorumLoss) Facts() map[string]any {
	return map[string]any{"node": e.Node, "voters": e.Voters, "need": e.Need, "answering": e.Answer, "silent": e.Silent}
}

// Remove takes a node out of the cluster, on the leader. A removed voter no longer counts for
// majorities; the node may be dead. A leader that removes itself transfers leadership first, and
// the next leader removes it. Removing a node again is a success: a caller who lost the answer may
// repeat the call.
func (c *Cluster) Remove(ctx context.Context, q *fsm.Request, node string) (a engine.Answered, err error) {
	if _, err := c.term(ctx); err != nil {
		return a, err
	}
	_, gone := c.removed(node)
	if a, known, err := c.recall(q); err != nil || known && gone {
		return a, err
	}
	if node == c.id {
		return c.changeSelf(ctx, q, operateRemove, "is being removed")
	}
	c.members.Lock()
	defer c.members.Unlock()
	r := c.raft.Load()
	s, err := findMember(r, node)
	if err != nil {
		if _, gone = c.removed(node); gone {
			return c.note(ctx, q)
		}
		return a, err
	}
	if s.Suffrage == raft.Voter {
		if err := c.keepsQuorum(ctx, r, node); err != nil {
			return a, err
		}
	}
	if a, err = c.note(ctx, q); err != nil {
		return a, err
	}
	return a, c.applyChange(ctx, r, change{remove: node})
}

// keepsQuorum returns *QuorumLoss if the voters without node have no majority that answers now.
func (c *Cluster) keepsQuorum(ctx context.Context, r *raft.Raft, node string) error {
	var left []raft.Server
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter && string(s.ID) != node {
			left = append(left, s)
		}
	}
	answer, silent := c.askAll(ctx, left)
	need := len(left)/2 + 1
	if len(left) > 0 && len(answer) >= need {
		return nil
	}
	e := &QuorumLoss{Node: node, Voters: len(left), Need: need, Answer: answer, Because: map[string]string{}}
	for id, err := range silent {
		e.Silent = append(e.Silent, id)
		e.Because[id] = err.Error()
	}
	slices.Sort(e.Silent)
	return e
}

// askAll greets servers, among which this node may be. It returns the ids of those that answer,
// sorted, and why the others do not.
func (c *Cluster) askAll(ctx context.Context, servers []raft.Server) (answer []string, silent map[string]error) {
	var (
		mu  sync.Mutex
		all sync.WaitGroup
	)
	silent = map[string]error{}
	for _, s := range servers {
		all.Go(func() {
			id := string(s.ID)
			var err error
			if id != c.id {
				_, err = c.hello(ctx, port.Server{ID: id, Address: string(s.Address)})
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				silent[id] = err
			} else {
				answer = append(answer, id)
			}
		})
	}
	all.Wait()
	slices.Sort(answer)
	return answer, silent
}

// changeSelf hands leadership on, and asks the next leader for an operation on this node that ends
// its vote. what says in a refusal what happens to it.
func (c *Cluster) changeSelf(ctx context.Context, q *fsm.Request, do, what string) (a engine.Answered, err error) {
	r := c.raft.Load()
	if err := c.keepsQuorum(ctx, r, c.id); err != nil {
		return a, err
	}
	if err := c.transferToBest(ctx, r, true); err != nil {
		if no, ok := errors.AsType[*CannotLead](err); ok {
			return a, &CannotLead{Why: fmt.Sprintf("node %s leads and %s; %s", c.id, what, no.Why)}
		}
		return a, err
	}
	for {
		if address, id := r.LeaderWithID(); address != "" && string(id) != c.id {
			return c.operateOn(ctx, port.Server{ID: string(id), Address: string(address)}, operation{Do: do, Node: c.id, Request: c.remembers(q)})
		}
		if ctx.Err() != nil {
			return a, &engine.Unavailable{Why: fmt.Sprintf("node %s has handed leadership on, but does not know the new leader yet", c.id)}
		}
		lifecycle.Pause(ctx, 20*time.Millisecond)
	}
}
