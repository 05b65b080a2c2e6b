package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// What becomes of a run that is reset, and of those who know it: the new run takes its place, and
// nobody hears that the old one has ended but those who ask for it by its run id.

// replace puts r in the place of old, ends that if it is open, and returns how many open children
// went along.
func (t *step) replace(old, r *row, c *ResetRun, k *kept, lines []rows.Child) (children uint64) {
	old.Run.ResetAs = r.Run.RunID
	t.touch(old)
	if !old.Run.Status.Open() {
		if !t.rejoinSchedule(r, old.Run.StartedAt) {
			r.Run.Schedule = ""
		}
		return 0
	}
	awaited := make(map[uint64]bool, len(c.Again))
	for _, a := range c.Again {
		awaited[a.ID] = true
	}
	for _, line := range lines {
		t.forgetChild(old, line.ID)
		if child := t.run(line.Run); child != nil && child.Run.Status.Open() {
			t.takeKept(r, child, k.children[line.ID], awaited[line.ID])
			children++
		}
	}
	if p := old.Run.Parent; p != nil {
		if parent := t.run(p.RunID); parent != nil && t.keepsChildren(parent) {
			if line, ok := t.child(parent, p.ID); ok && line.Run == old.Run.RunID {
				t.putChild(parent, rows.Child{ID: p.ID, Run: r.Run.RunID, Awaited: line.Awaited})
			}
		}
	}
	r.Run.Schedule = t.handSchedule(old, r.Run.RunID)
	t.handLine(old, r)
	reason := "reset as run " + r.Run.RunID.String()
	if c.Reason != "" {
		reason += ": " + c.Reason
	}
	t.shut(old, &history.WorkflowTerminated{Reason: reason})
	return children
}

// keptLines returns the first n lines of a run's children that were started by what is kept of its
// history and had not ended there. Later children have higher ordinals, and are not looked at.
func (t *step) keptLines(old *row, k *kept, n uint64) (lines []rows.Child) {
	last := uint64(0)
	for id := range k.children { // any order: the highest
		last = max(last, id)
	}
	if old.Children == 0 || last == 0 {
		return nil
	}
	mine := rows.NumberKey(rows.FamilyChild, old.Serial)
	t.Scan(mine, rows.ChildKey(old.Serial, last+1), func(key, b []byte) bool {
		if line := rows.DecodeChild(rows.U64(key[len(mine):]), b); k.children[line.ID] != nil && !k.over[line.ID] {
			lines = append(lines, line)
		}
		return uint64(len(lines)) < n
	})
	return lines
}

// takeChild makes an open run the child of another parent, in the place of that one's older run.
func (t *step) takeChild(parent, child *row, id uint64, awaited bool) {
	p := *child.Run.Parent // pictures share the one that it had
	p.RunID = parent.Run.RunID
	child.Run.Parent = &p
	t.append(child, &history.ParentReset{RunID: p.RunID})
	t.putChild(parent, rows.Child{ID: id, Run: child.Run.RunID, Awaited: awaited})
	parent.Children++
	t.touch(parent)
}

// takeKept is takeChild for a child that an event which was kept had started. If that is not the
// run to which it has come, the history says so.
func (t *step) takeKept(parent, child *row, e *history.ChildWorkflowStarted, awaited bool) {
	if e.RunID != child.Run.RunID {
		t.append(parent, startedAs(e, child))
		if !awaited {
			t.append(parent, &history.ChildWorkflowCancelled{ID: e.ID, Asked: true})
		}
	}
	t.takeChild(parent, child, e.ID, awaited)
}

// startedAs is the event that a child started with, for the run that it is now; nil = for one that
// is still to be started.
func startedAs(e *history.ChildWorkflowStarted, child *row) *history.ChildWorkflowStarted {
	again := &history.ChildWorkflowStarted{
		ID: e.ID, WorkflowID: e.WorkflowID, WorkflowType: e.WorkflowType, Input: e.Input, OnClose: e.OnClose, Choice: e.Choice,
		OnCancel: e.OnCancel, Timeout: e.Timeout, Attributes: e.Attributes, Retry: e.Retry, ChainTimeout: e.ChainTimeout,
	}
	if child != nil {
		again.RunID, again.Version = child.Run.RunID, child.Run.Version
	}
	return again
}

// childAgain brings about a child that had no outcome at the cut and was not taken over: with what
// has become of the one that old had, if that is open or has completed; it starts every other one
// again, and those of a fork under an id of their own. It returns how many were taken over.
func (t *step) childAgain(old, r *row, e *history.ChildWorkflowStarted, fork bool) uint64 {
	again := startedAs(e, nil)
	if fork {
		again.WorkflowID = namespace.Qualify(namespace.Of(r.Run.WorkflowID), fmt.Sprintf("%s:%d", r.Run.RunID, e.ID))
		t.startChild(r, again)
		return 0
	}
	child, gone := t.newestChild(old, e)
	switch {
	case child != nil && child.Run.Status.Open():
		t.takeKept(r, child, e, true)
		return 1
	case child != nil && child.Run.Status == history.StatusCompleted:
		t.append(r, outcome(e.ID, t.event(child, child.Run.Events)))
	case gone && e.OnClose != history.CloseTerminate: // it may have completed
		message := fmt.Sprintf("the child's run %s is no longer kept", e.RunID)
		t.append(r, &history.ChildWorkflowFailed{ID: e.ID, Error: history.RunError{Kind: "not_found", Message: message}})
	default:
		t.startChild(r, again)
	}
	return 0
}

// inherits reports whether an open child is one that a turn which a reset did not keep had started,
// to outlive its parent: the run that took that one's place starts it once more.
func (t *step) inherits(parent, open *row, id uint64) bool {
	o, p := parent.Run.Origin, open.Run.Parent
	return o != nil && !o.Fork && p != nil && p.RunID == o.RunID && p.ID == id && t.fateOf(open) == alive
}
