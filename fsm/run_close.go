package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// closing ends runs and what hangs on them: timers go, activities are given up, children are dealt
// with as they were started to be, the parent and the schedule hear of it. All of it happens in the
// entry that closes the first run, as far as the entry's budget allows; what is left becomes a job.
// What was promised is decided in the first entry nevertheless: a run that is closed is closed, and
// the children that are to end with it are doomed (run_doomed.go) however long the job takes to
// come to them.
//
// Closing a run may close others, level by level; a tree of any depth takes no stack.
type closing struct {
	t     *step
	queue []ending
	job   *rows.Job // gets what is left; nil = there is none yet
	root  *row      // whose end began it
	least uint64    // work up to here is allowed whatever the budget
	told  uint64    // work that telling others of outcomes costs, beyond what is counted
}

// ending is a run that is to be closed, or was just now, and the event that does it.
type ending struct {
	run  *row
	with history.Data
	done bool // the event stands in its history already
}

// closeCost is what is set aside for the closing of one run: its event, its row, its places in the
// indexes. A small run costs a third of that. A run in the queue has this much of the budget
// reserved, because it is no child of its parent any more and must be closed in this entry.
const closeCost = 20

// shut closes r with the event and carries out everything that follows.
func (t *step) shut(r *row, with history.Data) { t.close(ending{r, with, false}) }

// closed is shut for a run whose closing event has just been appended.
func (t *step) closed(r *row, with history.Data) { t.close(ending{r, with, true}) }

func (t *step) close(e ending) {
	c := closing{t: t, root: e.run, queue: []ending{e}}
	c.drain()
	c.store()
}

// continueJob goes on where another entry ended, and returns how many runs it closed.
func (t *step) continueJob(j *rows.Job) {
	c := closing{t: t, job: j, least: t.cost() + t.leastPiece()}
	for j.Waiting() > 0 && c.room() > 0 && t.Err() == nil {
		r := t.waiting(j)
		if r == nil {
			break
		}
		cleared := c.clear(r) && c.tell(r)
		c.drain()
		if !cleared {
			break
		}
		t.leave(j, r)
	}
	c.store()
}

// room is how much of the entry's budget is left.
func (c *closing) room() uint64 {
	if c.t.budget == 0 {
		return 1 << 62
	}
	used := c.t.cost() + closeCost*uint64(len(c.queue)) + c.told
	return max(c.t.budget, c.least) - min(used, max(c.t.budget, c.least))
}

// drain closes the runs in the queue, and those that get into it meanwhile.
func (c *closing) drain() {
	t := c.t
	for len(c.queue) > 0 {
		e := c.queue[0]
		c.queue = c.queue[1:]
		r := e.run
		if !e.done {
			if !r.Run.Status.Open() {
				continue // closed by another way round meanwhile
			}
			t.append(r, e.with)
			if c.job != nil {
				c.job.Closed++
			}
		}
		r.Run.ClosedAt, r.Run.Waiting, r.Run.Quarantined, r.Run.Stopped, r.Run.Cut = t.now, nil, false, false, false
		t.disarmDeadline(r)
		r.TimeLeft, r.Run.BeginsAt = 0, 0
		ends := history.Next(e.with).IsZero() // else the run that goes on takes its place
		if !c.clear(r) || ends && !c.tell(r) {
			c.wait(r)
		}
		if ends {
			t.notifyParent(r, e.with)
			t.notifySchedule(r)
		}
		t.countClosed(r)
		t.announceClosed(r)
	}
}

// clear takes away what a closed run leaves behind, as far as there is room, and reports whether
// nothing is left.
func (c *closing) clear(r *row) bool {
	return c.clearTimers(r) && c.clearTasks(r) && c.clearAwaits(r) && c.clearChildren(r)
}

func (c *closing) clearTimers(r *row) bool {
	t := c.t
	for _, id := range t.armedIDs(r, c.room()/2) {
		t.disarm(r, id)
	}
	return r.Timers == 0
}

func (c *closing) clearTasks(r *row) bool {
	tasks, all := c.t.awaited(r, c.room()/4)
	for _, task := range tasks {
		c.t.giveUpTask(r, task)
	}
	return all
}

func (c *closing) clearChildren(r *row) bool {
	t := c.t
	lines, all := t.childrenUpTo(r, c.room()/closeCost)
	for _, line := range lines {
		t.forgetChild(r, line.ID)
		child := t.run(line.Run)
		if child == nil || !child.Run.Status.Open() {
			continue
		}
		switch child.Run.Parent.OnClose {
		case history.CloseTerminate:
			if t.spares(r, child) {
				continue
			}
			c.queue = append(c.queue, ending{child, &history.WorkflowTerminated{Reason: parentClosed}, false})
		case history.CloseCancel:
			if t.noteCancel(child, parentClosed, history.RunID{}) {
				c.queue = append(c.queue, ending{child, &history.WorkflowCancelled{Reason: parentClosed}, false})
			}
		}
	}
	return all
}

// wait leaves a closed run to the job.
func (c *closing) wait(r *row) {
	if c.job == nil {
		c.job = c.t.beginJob(c.root)
	}
	c.t.wait(c.job, r)
}

func (c *closing) store() {
	if c.job != nil {
		c.t.storeJob(c.job)
	}
}

const parentClosed = "the parent's run closed"

// notifyParent delivers how a child ended to the run that started it, if that is open and still
// waits.
func (t *step) notifyParent(child *row, with history.Data) {
	p := child.Run.Parent
	if p == nil {
		return
	}
	parent := t.run(p.RunID)
	if parent == nil || !t.keepsChildren(parent) {
		return
	}
	line, ok := t.child(parent, p.ID)
	if !ok || line.Run != child.Run.RunID {
		return
	}
	t.forgetChild(parent, p.ID)
	if parent.Run.Status.Open() && line.Awaited {
		t.deliver(parent, outcome(p.ID, with))
	}
}

// outcome is what the parent reads of a child that closed with the event.
func outcome(id uint64, with history.Data) history.Data {
	switch e := with.(type) {
	case *history.WorkflowCompleted:
		return &history.ChildWorkflowCompleted{ID: id, Result: e.Result}
	case *history.WorkflowCancelled:
		return &history.ChildWorkflowCancelled{ID: id}
	case *history.WorkflowFailed:
		return &history.ChildWorkflowFailed{ID: id, Error: e.Error}
	case *history.WorkflowTerminated:
		message := "the child was terminated"
		if e.Reason != "" {
			message += ": " + e.Reason
		}
		return &history.ChildWorkflowFailed{ID: id, Error: history.RunError{Kind: history.KindTerminated, Message: message}}
	case *history.WorkflowTimedOut:
		message := "the child ran longer than its time limit of " + e.Timeout.String()
		return &history.ChildWorkflowFailed{ID: id, Error: history.RunError{Kind: history.KindTimedOut, Message: message}}
	}
	panic("fsm: " + with.Type().String() + " closes no child")
}

// requestCancel asks an open run to end, once; from is the run whose code asks by a handle. A run
// that has not begun ends at once: its code has nothing to clean up.
func (t *step) requestCancel(r *row, reason string, from history.RunID) {
	if t.noteCancel(r, reason, from) {
		t.shut(r, &history.WorkflowCancelled{Reason: reason})
	}
}

// noteCancel tells an open run that it is to end, once, and reports whether its end is up to the
// caller, because it has not begun.
func (t *step) noteCancel(r *row, reason string, from history.RunID) (unbegun bool) {
	if r.Run.CancelAsked {
		return false
	}
	t.deliver(r, &history.CancelRequested{Reason: reason, From: from})
	r.Run.CancelAsked = true
	t.touch(r)
	return r.Run.BeginsAt != 0
}
