package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// carryOn starts the run that goes on from r, which closed with e in the turn being recorded. It
// keeps the workflow id, the parent, the attributes and an explicit time limit, and inherits what r
// has not read: signals it carries, events after Through up to before, and what the turn itself
// sent to r. A cancellation that r had not seen is asked of the new run, so that an acknowledged
// cancel is never lost.
func (t *step) carryOn(r *row, e *history.WorkflowContinuedAsNew, c chain, before uint64) {
	p, _ := t.s.catalog.Package(e.Version)
	member, _ := p.Member(r.Run.Type)
	schedule := t.handSchedule(r, e.NewRunID)
	next := t.start(birth{
		workflowID: r.Run.WorkflowID, runID: e.NewRunID, version: e.Version, member: member, input: e.Input, attributes: r.Run.Attributes,
		timeout: r.Timeout, parent: r.Run.Parent, from: r.Run.RunID, attempt: r.Attempt + 1,
		schedule: schedule, fired: t.firedFor(r, schedule), first: t.firstOf(r), root: t.rootBelow(r), depth: r.Depth, chain: c,
	})
	t.handLine(r, next)
	t.handParent(r, e.NewRunID)
	if t.rules >= 2 || r.Carried.Count > 0 {
		t.bequeath(r, next, e.Carry, before)
	} else {
		t.copySignals(r, next, e.Carry, before)
	}
	for _, data := range t.later {
		t.hand(next, data)
	}
}

// copySignals is bequeath as earlier builds did it: every event is stored again.
func (t *step) copySignals(r, next *row, carry []uint64, before uint64) {
	for _, seq := range carry {
		if seq <= r.Run.Through {
			t.hand(next, t.event(r, seq))
		}
	}
	for seq := r.Run.Through + 1; seq <= before; seq++ {
		t.hand(next, t.event(r, seq))
	}
}

// rootBelow is what the run that continues r, or is its child, has for the root of its tree; nil if
// r is none and has no parent. What a turn starts has one root, so it is looked up once.
func (t *step) rootBelow(r *row) *history.Root {
	if t.level() < 4 || r.Run.Parent == nil {
		return nil
	}
	if t.rootOf != r.Run.RunID {
		t.rootOf, t.root = r.Run.RunID, nil
		if began, ok := t.event(r, 1).(*history.WorkflowStarted); ok {
			t.root = began.Root
		}
	}
	return t.root
}

// firstOf is the run with which the chain of r began; zero when that is not known, because an
// earlier build continued it.
func (t *step) firstOf(r *row) history.RunID {
	if t.rules < 1 {
		return history.RunID{}
	}
	if !r.Continued {
		return r.Run.RunID
	}
	started, _ := t.event(r, 1).(*history.WorkflowStarted)
	if started == nil {
		return history.RunID{}
	}
	return started.First
}

// firedFor is the time for which the schedule of r fired. The run that goes on from r keeps it with
// its place in the schedule.
func (t *step) firedFor(r *row, schedule string) history.Time {
	if schedule == "" || t.level() < 5 {
		return 0
	}
	started, _ := t.event(r, 1).(*history.WorkflowStarted)
	if started == nil {
		return 0
	}
	return started.FireTime
}

// hand passes on to next an event that r had not read, if it is one that concerns the workflow id
// rather than r's own steps.
func (t *step) hand(next *row, data history.Data) {
	switch e := data.(type) {
	case *history.SignalReceived:
		t.append(next, e)
	case *history.CancelRequested:
		t.requestCancel(next, e.Reason, e.From)
	}
}

// event reads one event of a run; nil when there is none, or when it is a signal that the run took
// over.
func (t *step) event(r *row, seq uint64) history.Data {
	b := t.Get(rows.EventKey(r.Serial, seq))
	if b == nil || b[0] == rows.CarriedMark {
		return nil
	}
	e, err := history.DecodeEvent(b)
	if err != nil {
		t.Fail(fmt.Errorf("event %d of run %s: %w", seq, r.Run.RunID, err))
	}
	return e.Data
}

// NextVersion is the version that the run after r takes: the routed one, or r's own when the code
// asked to stay or when there is no route.
func NextVersion(cat *catalog.Catalog, r *rows.Run, e *history.WorkflowContinuedAsNew, lot catalog.Lot) catalog.Version {
	if version, _, _, ok := cat.ResolveFor(r.Type, lot); ok && !e.Same {
		return version
	}
	return r.Version
}
