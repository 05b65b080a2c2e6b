package audit

import (
	"reflect"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// reset puts n where the reset, or the fork, must have put it.
func (n *recount) reset(e history.Event, d *history.WorkflowReset) {
	n.origin = &rows.Origin{WorkflowID: d.OfWorkflowID, RunID: d.OfRunID, Turn: d.Turn, Seq: e.Seq, Fork: d.Fork}
	n.still, n.begins = 0, 0 // its time counts anew, and a delay is over
	n.timers = slices.DeleteFunc(n.timers, func(t armedTimer) bool { return t.id == 0 })
	if n.limit > 0 {
		n.timers = append(n.timers, armedTimer{0, rows.Due(e.At, n.limit)})
	}
	if n.parent = d.Parent; d.Fork {
		n.children = nil
	}
}

// checkOrigin: a run that began as a copy has the events and the turns of the run that it is a copy
// of, and is what that one says took its place.
func (c *checker) checkOrigin(n *recount) {
	run := &n.row.Run
	if as := run.ResetAs; !as.IsZero() {
		if heir := c.runs[as]; heir == nil && c.p.Meta().Purged == 0 || heir != nil && (heir.origin == nil || heir.origin.Fork) {
			c.failf("run %s was reset as run %s, which is no copy of it", run.RunID, as)
		}
		if n.status.Open() && len(run.Reopened) == 0 {
			c.failf("run %s was reset, and is open", run.RunID)
		}
	}
	o := n.origin
	if o == nil {
		return
	}
	old := c.runs[o.RunID]
	if old == nil {
		return // deleted since
	}
	if old.row.Serial >= n.row.Serial || old.row.Run.WorkflowID != o.WorkflowID || old.row.Run.Type != run.Type || o.Fork == (run.WorkflowID == o.WorkflowID) {
		c.failf("run %s cannot be a copy of run %s", run.RunID, o.RunID)
	}
	was, is := c.everyEvent(old), c.everyEvent(n)
	for seq := uint64(1); seq < o.Seq; seq++ {
		if seq > uint64(len(was)) || seq > uint64(len(is)) || !reflect.DeepEqual(was[seq-1], is[seq-1]) {
			c.failf("run %s: event %d is not that of run %s, which it is a copy of", run.RunID, seq, o.RunID)
			return
		}
	}
	most := int(o.Turn) + 1
	if !slices.Equal(c.p.Turns(old.row.Run.RunID, 0, most)[:min(o.Turn, old.row.Run.Turns)], c.p.Turns(run.RunID, 0, most)[:min(o.Turn, run.Turns)]) {
		c.failf("run %s: its turns up to %d are not those of run %s, which it is a copy of", run.RunID, o.Turn, o.RunID)
	}
}
