package fsm

import (
	"slices"
	"strconv"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A run that was started with a retry policy is tried again when it fails or its time runs out: by
// another run of its workflow id, on its version, that starts over with the same input and
// attributes, and with every signal that the one before received, for its code does everything
// again. The next try waits as a delayed run does. Whoever waits for the run waits for the last
// try: its parent, and callers. A run that is asked to cancel, or terminated, is not tried again.
//
// What a chain has is said in the first event of each of its runs, and read there when one closes.

// chain is what a run has of the runs that go on from each other.
type chain struct {
	retry   *history.Retry
	try     uint64           // of the policy; 1 = the first
	backoff history.Duration // before this try
	timeout history.Duration // of all of them together; 0 = none
	left    history.Duration // of that when this one begins
}

func firstOfChain(retry *history.Retry, timeout history.Duration) (c chain) {
	c = chain{retry: retry, timeout: timeout, left: timeout}
	if retry != nil {
		c.try = 1
	}
	return c
}

func (c *chain) some() bool { return c.retry != nil || c.timeout > 0 }

// least is the shorter one of two limits, of which 0 is none.
func least(a, b history.Duration) history.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// beginning reads the first event of a run; nil if the disk failed.
func (t *step) beginning(r *row) *history.WorkflowStarted {
	e, _ := t.event(r, 1).(*history.WorkflowStarted)
	return e
}

// onward is what the run that goes on from r, which closes now, has of their chain. The time that r
// has taken is that of its limit which is gone, so it stood still while r was paused.
func (t *step) onward(r *row, began *history.WorkflowStarted) (c chain) {
	c = firstOfChain(began.Retry, began.ChainTimeout)
	if began.ChainLeft == 0 {
		return c
	}
	left := r.TimeLeft
	if r.Deadline > t.now {
		left = history.Duration(r.Deadline - t.now)
	}
	taken := least(began.Timeout, began.ChainLeft) - left
	c.left = max(1, began.ChainLeft-taken)
	return c
}

// noteOnward keeps for carryOn what the run that goes on from r has, before r's clocks are stopped.
func (t *step) noteOnward(r *row) {
	t.chain = chain{}
	if r.Tried {
		if began := t.beginning(r); began != nil {
			t.chain = t.onward(r, began)
		}
	}
}

// again decides whether r, which fails now as the event says, is tried again. If so, the event
// names the next run, and tryAgain starts it when r is closed.
func (t *step) again(r *row, with history.Data) {
	var kind string
	var next *history.RunID
	switch e := with.(type) {
	case *history.WorkflowFailed:
		kind, next = e.Error.Kind, &e.NewRunID
	case *history.WorkflowTimedOut:
		kind, next = history.KindTimedOut, &e.NewRunID
	}
	*next = history.RunID{}
	if !r.Tried || r.Run.CancelAsked {
		return
	}
	began := t.beginning(r)
	if began == nil || began.Retry == nil || slices.Contains(began.Retry.NonRetryable, kind) || began.Retry.MaxAttempts > 0 && began.Try >= uint64(began.Retry.MaxAttempts) {
		return
	}
	c := t.onward(r, began)
	c.try, c.backoff = began.Try+1, nextBackoff(began.Retry, began.Backoff)
	if c.timeout > 0 {
		if c.left <= max(1, c.backoff) {
			return
		}
		c.left -= c.backoff
	}
	if id := r.nextTry(); t.run(id) == nil {
		*next, t.chain = id, c
	}
}

// nextTry is the id of the run that tries r again.
func (r *row) nextTry() history.RunID {
	purpose := "retry"
	if r.Epoch > 0 {
		purpose += "/" + strconv.FormatUint(r.Epoch, 10)
	}
	return history.DeriveRunID(r.Run.RunID, purpose, 1)
}

// fail closes r, which has failed or timed out, and tries it again if that is to be.
func (t *step) fail(r *row, with history.Data) {
	t.again(r, with)
	c := t.chain
	t.shut(r, with)
	t.tryAgain(r, history.Next(with), c)
}

// tryAgain starts the next try of r, which is closed.
func (t *step) tryAgain(r *row, id history.RunID, c chain) {
	if id.IsZero() {
		return
	}
	began := t.beginning(r)
	p, ok := t.s.catalog.Package(r.Run.Version)
	if began == nil || !ok {
		return // the disk failed, and the entry is dropped
	}
	member, _ := p.Member(r.Run.Type)
	first := r.Run.RunID
	if r.Continued {
		first = began.First
	}
	schedule := t.handSchedule(r, id)
	next := t.start(birth{
		workflowID: r.Run.WorkflowID, runID: id, version: r.Run.Version, member: member, input: began.Input, attributes: began.Attributes, timeout: r.Timeout,
		parent: r.Run.Parent, from: r.Run.RunID, attempt: r.Attempt + 1, schedule: schedule, fired: t.firedFor(r, schedule), depth: r.Depth, first: first, root: began.Root, delay: c.backoff, chain: c,
	})
	t.handParent(r, id)
	t.handLine(r, next)
	t.bequeathAll(r, next)
}

// handParent lets the parent of r wait for the run that goes on from it.
func (t *step) handParent(r *row, next history.RunID) {
	p := r.Run.Parent
	if p == nil {
		return
	}
	if parent := t.run(p.RunID); parent != nil && t.keepsChildren(parent) {
		if line, ok := t.child(parent, p.ID); ok && line.Run == r.Run.RunID {
			t.putChild(parent, rows.Child{ID: p.ID, Run: next, Awaited: line.Awaited})
		}
	}
}
