package sim

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// job is the work that closed runs leave when the budget of an entry is used up. The model does not
// count work units: it reads from the state what a closed run still has, and so where an entry
// stopped. It knows what may be left, in which order it is done, and what holds in between.
type job struct {
	id     uint64
	root   *run
	line   []*run // closed runs that the job still has to process, the first one next
	closed uint64
	stop   *stopJob // of a stop or its lifting; nil = it closes a tree
}

// leftover is what a closed run still has of timers, awaited activities and children, by ordinal.
type leftover struct{ timers, tasks, awaits, kids []uint64 }

func (l *leftover) none() bool { return len(l.timers)+len(l.tasks)+len(l.awaits)+len(l.kids) == 0 }

// onlyLast reports whether left is a suffix of all: work is done from the front.
func onlyLast(all, left []uint64) bool {
	return len(left) <= len(all) && slices.Equal(all[len(all)-len(left):], left)
}

// hanging returns what r still has according to the model.
func (r *run) hanging() (h leftover) {
	for _, t := range r.timers {
		h.timers = append(h.timers, t.id)
	}
	for _, t := range r.tasks {
		if t.state != rows.TaskGivenUp {
			h.tasks = append(h.tasks, t.id)
		}
	}
	for _, a := range r.awaits {
		h.awaits = append(h.awaits, a.id)
	}
	for _, k := range r.kids {
		h.kids = append(h.kids, k.id)
	}
	slices.Sort(h.timers)
	slices.Sort(h.tasks)
	return h
}

// leftOf reads from the state what a closed run has left after the entry.
func (m *Model) leftOf(r *run) (l leftover) {
	if !m.tight || m.view == nil {
		return l // an entry with a whole budget finishes any tree of these worlds
	}
	armed := map[uint64]bool{}
	for _, ref := range m.view.DueTimers(1<<62, 1000) {
		if ref.RunID == r.id {
			armed[ref.ID] = true
		}
	}
	for _, t := range r.timers {
		if armed[t.id] {
			l.timers = append(l.timers, t.id)
		}
	}
	slices.Sort(l.timers)
	for _, t := range m.view.Tasks(r.id, 0, 1000) {
		if t.State != rows.TaskGivenUp {
			l.tasks = append(l.tasks, t.ID)
		}
	}
	l.awaits = m.view.Awaits(r.id)
	open := m.view.Children(r.id)
	for _, k := range r.kids {
		if slices.Contains(open, k.run) {
			l.kids = append(l.kids, k.id)
		}
	}
	return l
}

// clear removes from a closed run everything that the entry did not leave, timers first and
// children last. It reports whether nothing is left, and whether anything was removed.
func (c *closings) clear(r *run) (all, some bool) {
	m, has, left := c.m, r.hanging(), c.m.leftOf(r)
	if !onlyLast(has.timers, left.timers) || !onlyLast(has.tasks, left.tasks) || !onlyLast(has.awaits, left.awaits) || !onlyLast(has.kids, left.kids) ||
		len(left.timers) > 0 && len(left.tasks) < len(has.tasks) || len(left.timers)+len(left.tasks)+len(left.awaits) > 0 && len(left.kids) < len(has.kids) {
		c.wrong = fmt.Sprintf("of run %s, which has closed, %+v is left of %+v", r.id, left, has)
	}
	for _, id := range has.timers[:len(has.timers)-min(len(left.timers), len(has.timers))] {
		r.disarm(id)
		some = true
	}
	for _, t := range slices.Clone(r.tasks) {
		if t.state != rows.TaskGivenUp && !slices.Contains(left.tasks, t.id) {
			m.giveUpTask(r, t)
			some = true
		}
	}
	for _, id := range has.awaits[:len(has.awaits)-min(len(left.awaits), len(has.awaits))] {
		r.unjoin(id)
		some = true
	}
	for _, k := range slices.Clone(r.kids) {
		if slices.Contains(left.kids, k.id) {
			continue
		}
		r.forgetKid(k.id)
		some = true
		child := m.runs[k.run]
		if child == nil || !child.status.Open() {
			continue
		}
		switch child.onClose {
		case history.CloseTerminate:
			if m.spares(r, child) {
				continue
			}
			c.queue = append(c.queue, closing{child, new(history.WorkflowTerminated), false})
		case history.CloseCancel:
			if m.noteCancel(child) {
				c.queue = append(c.queue, closing{child, new(history.WorkflowCancelled), false})
			}
		}
	}
	return left.none(), some
}

// closings are the run closings that one command causes.
type closings struct {
	m     *Model
	queue []closing
	waits []*run // closed runs that a job has to continue with
	count uint64 // number of closed runs, except those closed by their own turn
	wrong string
}

func (c *closings) drain() {
	m := c.m
	for len(c.queue) > 0 {
		e := c.queue[0]
		c.queue = c.queue[1:]
		r := e.run
		if !e.done {
			if !r.status.Open() {
				continue
			}
			m.append(r, e.with)
			c.count++
		}
		r.closedAt, r.deadline, r.timeLeft, r.beginsAt, r.stopped = m.now, 0, 0, 0, false
		ends := r.status != history.StatusContinuedAsNew && history.Next(e.with).IsZero()
		all, _ := c.clear(r)
		if all && ends {
			all, _ = c.tell(r)
		}
		if !all {
			c.waits = append(c.waits, r)
		}
		m.closes = append(m.closes, closedAt{m.index, r.id})
		m.countClosed(r)
		if ends {
			m.notifyParent(r)
			m.notifySchedule(r)
		}
	}
}

// shut closes a run and everything that follows, level by level, as far as the entry's budget goes.
func (m *Model) shut(first closing) {
	c := closings{m: m, queue: []closing{first}}
	c.drain()
	m.wrong(cmp.Or(c.wrong, m.tooMany(c.count, m.budget)))
	if len(c.waits) > 0 {
		m.jobs++
		m.pending = append(m.pending, &job{id: m.jobs, root: first.run, line: c.waits})
	}
}

// carryJob executes the next piece of a job, which processes its runs one by one.
func (m *Model) carryJob(cmd *fsm.Continue, r *fsm.Result) (why string) {
	a, is := r.Answer.(*fsm.ContinueAnswer)
	at := slices.IndexFunc(m.pending, func(j *job) bool { return j.id == cmd.Job })
	switch {
	case !is:
		return fmt.Sprintf("answered %+v", r.Answer)
	case at < 0 && *a != (fsm.ContinueAnswer{}):
		return fmt.Sprintf("job %d is over and did something: %+v", cmd.Job, *a)
	case at < 0:
		return ""
	}
	j := m.pending[at]
	if j.stop != nil {
		return m.carryStop(j, a)
	}
	c, touched, left := closings{m: m}, 0, make([]bool, len(j.line))
	for i, waiting := range j.line {
		all, some := c.clear(waiting)
		if all {
			told := false
			all, told = c.tell(waiting)
			some = some || told
		}
		if left[i] = !all; some {
			touched = i + 1
		}
		c.drain()
	}
	stay := int(a.Waiting) - len(c.waits) // those that were waiting before
	switch {
	case c.wrong != "":
		return c.wrong
	case stay < 0 || stay > len(j.line):
		return fmt.Sprintf("%d runs are in line for job %d: %d were, and %d have come", a.Waiting, j.id, len(j.line), len(c.waits))
	case slices.Contains(left[:len(j.line)-stay], true):
		return fmt.Sprintf("job %d is done with a run that has something left", j.id)
	case touched > len(j.line)-stay+1:
		return fmt.Sprintf("job %d did not take the runs in their order", j.id)
	case touched == 0 && stay == len(j.line):
		return fmt.Sprintf("job %d stands still", j.id)
	case m.tooMany(c.count, max(m.budget, leastPiece)) != "":
		return m.tooMany(c.count, max(m.budget, leastPiece))
	case a.Closed != c.count:
		return fmt.Sprintf("a piece of job %d closed %d runs, want %d", j.id, a.Closed, c.count)
	}
	j.line = append(slices.Clone(j.line[len(j.line)-stay:]), c.waits...)
	if len(j.line) == 0 {
		m.pending = slices.Delete(m.pending, at, at+1)
	}
	j.closed += c.count
	return ""
}

// tooMany returns what is wrong if one entry closed more runs than its units pay for. The units are
// the entry's budget, or leastPiece of a job once others have used that up. One more run is free.
func (m *Model) tooMany(closed, units uint64) string {
	if most := units/leastClose + 1; m.tight && closed > most {
		return fmt.Sprintf("an entry that may cost %d closed %d runs, at most %d cost no more", units, closed, most)
	}
	return ""
}

// The least cost of a run that an entry closes, in units: its event, its place among its parent's
// children, its row with its places in pages and counts, and its event in the feed. And the least
// budget of a job's piece.
const (
	leastClose = 5
	leastPiece = 40
)

// waitsForJob reports whether a closed run is waiting for a job.
func (m *Model) waitsForJob(r *run) bool {
	return slices.ContainsFunc(m.pending, func(j *job) bool { return slices.Contains(j.line, r) })
}

// doomed reports whether an open run must end because another one has closed, and only waits for a
// job.
func (m *Model) doomed(r *run) bool {
	for r.onClose == history.CloseTerminate {
		parent := m.runs[r.parent]
		if parent == nil {
			return false
		}
		if k := parent.kid(r.ordinal); k == nil || k.run != r.id {
			return false
		}
		if !parent.status.Open() {
			return !m.spares(parent, r)
		}
		r = parent
	}
	return false
}

// spares reports whether a child that was asked to cancel goes on when its parent has closed:
// unless somebody terminated that.
func (m *Model) spares(parent, child *run) bool {
	return m.level >= 4 && child.cancelAsked && parent.status != history.StatusTerminated
}

func (m *Model) jobsAreNot(v fsm.View) string {
	jobs := v.Jobs(0, 1000)
	if uint64(len(jobs)) != v.JobCount() {
		return fmt.Sprintf("%d jobs are counted, %d listed", v.JobCount(), len(jobs))
	}
	if !slices.EqualFunc(jobs, m.pending, func(a rows.Job, b *job) bool {
		if s := b.stop; s != nil {
			return a.ID == b.id && a.Kind == map[bool]rows.JobKind{false: rows.JobStop, true: rows.JobLift}[s.lifts] && a.Type == s.of.typ && a.Version == s.of.version && a.First == s.from && a.End == s.to
		}
		return a.ID == b.id && a.RunID == b.root.id && a.WorkflowID == b.root.workflowID && a.Waiting() == uint64(len(b.line))
	}) {
		return fmt.Sprintf("the jobs are %+v, want %d", jobs, len(m.pending))
	}
	return m.stopsAreNot(v)
}

// budgets of entries; 0 = a whole one.
var budgets = []uint64{0, 0, 1, 1, 40, 120, 400, 1000}
