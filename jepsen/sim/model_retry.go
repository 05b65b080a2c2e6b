package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/fsm/history"
)

// chain is what a run has of the runs that go on from each other.
type chain struct {
	retry         *history.Retry
	try           uint32
	backoff       history.Time
	timeout, left history.Time // of all of them; 0 = none
}

func firstOfChain(retry *history.Retry, timeout history.Duration) chain {
	return chain{retry: retry, try: 1, timeout: history.Time(timeout), left: history.Time(timeout)}
}

// onward is the chain of the run that goes on from r, which closes now.
func (m *Model) onward(r *run) chain {
	c := firstOfChain(r.chain.retry, history.Duration(r.chain.timeout))
	if c.timeout > 0 {
		unused := r.timeLeft
		if r.deadline > m.now {
			unused = r.deadline - m.now
		}
		c.left = max(1, r.chain.left-(history.Time(r.limit)-unused))
	}
	return c
}

// again predicts the run that tries again what r fails in now; nil = none does.
func (m *Model) again(r *run, kind string) *run {
	p := r.chain.retry
	if p == nil || r.cancelAsked || slices.Contains(p.NonRetryable, kind) || p.MaxAttempts > 0 && r.chain.try >= p.MaxAttempts {
		return nil
	}
	c := m.onward(r)
	c.try, c.backoff = r.chain.try+1, 1e9
	if r.chain.backoff > 0 {
		c.backoff = min(2*r.chain.backoff, 60e9)
	}
	if c.timeout > 0 {
		if c.left -= c.backoff; c.left <= 0 {
			return nil
		}
	}
	purpose := "retry"
	if r.epoch > 0 {
		purpose += fmt.Sprint("/", r.epoch)
	}
	next := &run{
		id: history.DeriveRunID(r.id, purpose, 1), workflowID: r.workflowID, typ: r.typ, version: r.version, input: r.input, timeout: r.timeout,
		parent: r.parent, under: r.under, ordinal: r.ordinal, onClose: r.onClose, continued: true, fired: m.handedFire(r), depth: r.depth, goesOnFrom: r.id, attrs: r.beganWith, chain: c,
		beginsAt: m.now + c.backoff,
	}
	if m.runs[next.id] != nil {
		return nil
	}
	return next
}

// fail closes a run that fails, and tries it again.
func (m *Model) fail(r *run, data history.Data) {
	var next *run
	switch e := data.(type) {
	case *history.WorkflowFailed:
		if next = m.again(r, e.Error.Kind); next != nil {
			e.NewRunID = next.id
		}
	case *history.WorkflowTimedOut:
		if next = m.again(r, history.KindTimedOut); next != nil {
			e.NewRunID = next.id
		}
	}
	m.shut(closing{r, data, false})
	m.tryAgain(r, next)
}

// tryAgain starts the next try of a run, with every signal that it received.
func (m *Model) tryAgain(r, next *run) {
	if next == nil {
		return
	}
	m.start(next)
	m.handKid(r, next)
	m.handLine(r, next)
	for _, l := range r.lines {
		if l.typ == history.TypeSignalReceived {
			m.append(next, &history.SignalReceived{Payload: history.Payload(l.text)})
			next.heir, next.from = true, r.id
		}
	}
	next.fresh = slices.DeleteFunc(next.fresh, func(f fresh) bool { return next.lines[f.seq-1].typ == history.TypeSignalReceived }) // stored elsewhere
}

// handKid lets the parent of r wait for the run that goes on from it.
func (m *Model) handKid(r, next *run) {
	if parent := m.runs[r.parent]; parent != nil { // a closed parent may have a job that has yet to ask it to end
		if k := parent.kid(r.ordinal); k != nil && k.run == r.id {
			k.run = next.id
		}
	}
}
