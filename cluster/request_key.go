package cluster

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// Operations on the members are mostly no commands of the log: raft's configuration changes, or
// leadership does. A caller's request key is remembered by the command that comes first: one that
// says what the operator wants (SetVote), or only that there was a call (NoteCall). So a full table
// of keys refuses the call before anything happens, and a repeated call finishes what the first one
// began, and does nothing once somebody has wished otherwise.

// levelOfKeys is the level from which on these keys are remembered: then no node is left whose
// build would drop them.
const levelOfKeys = 7

// remembers returns the request under which a command of an operation is proposed.
func (c *Cluster) remembers(q *fsm.Request) *fsm.Request {
	if c.level() < levelOfKeys {
		return nil
	}
	return q
}

// recall returns the first outcome of a request whose key is known. An error is what the first call
// was refused with, or that its key was used for another request.
func (c *Cluster) recall(q *fsm.Request) (a engine.Answered, known bool, err error) {
	if q = c.remembers(q); q == nil {
		return a, false, nil
	}
	var res fsm.Result
	c.state.View(func(v fsm.View) { res, known = v.Request(*q) })
	if !known {
		return a, false, nil
	}
	a, err = answeredWith(res, nil)
	return a, true, err
}

// note remembers that a request was there.
func (c *Cluster) note(ctx context.Context, q *fsm.Request) (engine.Answered, error) {
	if q = c.remembers(q); q == nil {
		return engine.Answered{}, nil
	}
	return answeredWith(c.Propose(ctx, fsm.Envelope{Request: q, Command: new(fsm.NoteCall)}))
}

// proposeMember proposes a command about members, on the leader.
func (c *Cluster) proposeMember(ctx context.Context, q *fsm.Request, cmd fsm.Command) (fsm.Result, error) {
	if _, err := c.term(ctx); err != nil {
		return fsm.Result{}, err
	}
	if err := c.atLevel(levelOfMembership); err != nil {
		return fsm.Result{}, err
	}
	return c.Propose(ctx, fsm.Envelope{Request: c.remembers(q), Command: cmd})
}

// answeredWith returns what a result says to whoever does not read its answer.
func answeredWith(res fsm.Result, err error) (engine.Answered, error) {
	if err == nil && res.Refusal != nil {
		err = res.Refusal
	}
	return engine.Answered{Index: res.Index, Deduplicated: res.Deduplicated}, err
}
