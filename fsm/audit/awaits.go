package audit

import (
	"bytes"
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// pendingAwait is a workflow whose result a run waits for.
type pendingAwait struct {
	id         uint64
	workflowID string
}

// heard is what a run was told of the end of another, and when.
type heard struct {
	*history.ResultReceived
	at history.Time
}

func (n *recount) noteAwait(e history.Event) {
	forget := func(id uint64) {
		n.awaits = slices.DeleteFunc(n.awaits, func(a pendingAwait) bool { return a.id == id })
	}
	switch d := e.Data.(type) {
	case *history.ResultAwaited:
		forget(d.ID)
		n.awaits = append(n.awaits, pendingAwait{d.ID, d.WorkflowID})
	case *history.ResultReceived:
		forget(d.ID)
		n.heard = append(n.heard, heard{d, e.At})
	case *history.AwaitCancelled:
		forget(d.ID)
	}
	if history.Closes(e.Data) {
		n.ending = e.Data
	}
	if !n.status.Open() {
		if len(n.awaits) > 0 {
			n.left.awaits = n.awaits
		}
		n.awaits = nil
	}
}

// linkLines finds the runs to which lines belong: open ones, and closed ones that a job is to clear
// up after.
func (c *checker) linkLines() {
	c.lines = map[uint64]*recount{}
	for _, n := range c.order {
		line := n.row.Line
		if line == 0 {
			continue
		}
		if other := c.lines[line]; other != nil {
			c.failf("runs %s and %s both have line %d", other.row.Run.RunID, n.row.Run.RunID, line)
		}
		if !n.status.Open() && n.row.Job == 0 {
			c.failf("run %s has closed, and still has line %d", n.row.Run.RunID, line)
		}
		if line > n.row.Serial {
			c.failf("run %s has line %d, which began with a later run", n.row.Run.RunID, line)
		}
		c.lines[line] = n
	}
}

// linkAwaits: each wait stands in the line of a run of the workflow that it is for. Of a closed run
// that a job has not come to, some waits may be left.
func (c *checker) linkAwaits(n *recount) {
	awaits := n.awaits
	if n.row.Job != 0 {
		awaits = slices.DeleteFunc(slices.Clone(n.left.awaits), func(a pendingAwait) bool { return c.p.Get(rows.AwaitKey(n.row.Serial, a.id)) == nil })
	}
	for _, a := range awaits {
		b := c.p.Get(rows.AwaitKey(n.row.Serial, a.id))
		if len(b) != 8 {
			c.failf("run %s waits for the result of %s, and its row is %x", n.row.Run.RunID, a.workflowID, b)
			continue
		}
		line := rows.U64(b)
		if to := c.lines[line]; to == nil || to.row.Run.WorkflowID != a.workflowID {
			c.failf("run %s waits for the result of %s in line %d, which is not of that workflow", n.row.Run.RunID, a.workflowID, line)
		}
		c.expect(rows.AwaitKey(n.row.Serial, a.id), b)
		c.expect(rows.PlaceInLineKey(line, n.row.Serial, a.id), nil)
	}
	for _, h := range n.heard {
		c.checkHeard(n, h)
	}
	if uint64(len(awaits)) != n.row.Awaits {
		c.failf("run %s waits for %d results, its row says %d", n.row.Run.RunID, len(awaits), n.row.Awaits)
	}
}

// checkHeard: what a run was told is what became of the run that is named, and that is the last of
// those that go on from each other. One that was reopened since may have become something else, and
// one that began since has the id of another, which was purged: simulations use ids again.
func (c *checker) checkHeard(n *recount, h heard) {
	to := c.runs[h.RunID]
	if to == nil || len(to.row.Run.Reopened) > 0 || h.Error != nil && h.Error.Kind == history.KindAwaitsItself {
		return
	}
	if began := to.row.Run.StartedAt; began > h.at || began == h.at && to.ending == nil {
		return
	}
	if to.ending == nil {
		c.failf("run %s was told of the end of run %s, which is open", n.row.Run.RunID, h.RunID)
		return
	}
	right := h.Error != nil
	switch e := to.ending.(type) {
	case *history.WorkflowCompleted:
		right = h.Error == nil && bytes.Equal(h.Result, e.Result)
	case *history.WorkflowFailed:
		right = right && h.Error.Kind == e.Error.Kind && h.Error.Message == e.Error.Message && e.NewRunID.IsZero()
	case *history.WorkflowTimedOut:
		right = right && h.Error.Kind == history.KindTimedOut && e.NewRunID.IsZero()
	case *history.WorkflowCancelled:
		right = right && h.Error.Kind == history.KindCancelled
	case *history.WorkflowTerminated:
		right = right && h.Error.Kind == history.KindTerminated
	default:
		right = false
	}
	if !right {
		c.failf("run %s was told that run %s came to %+v, and that ended with %s", n.row.Run.RunID, h.RunID, h.ResultReceived, to.ending.Type())
	}
}
