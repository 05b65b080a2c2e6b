package audit

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// leftBehind is what a run had under way when it closed.
type leftBehind struct {
	timers   []armedTimer
	children []rows.Child
	awaits   []pendingAwait
}

// checkJobs: every job's line holds closed runs that name it, without gaps, and nobody else names a
// job. What such runs still have is part of what they had when they closed.
func (c *checker) checkJobs() {
	jobs, waiting := c.p.Jobs(0, maxRows), map[history.RunID]uint64{}
	if uint64(len(jobs)) != c.p.Meta().Jobs {
		c.failf("%d jobs are stored, the count says %d", len(jobs), c.p.Meta().Jobs)
	}
	for _, j := range jobs {
		if j.Kind != rows.JobCloseTree {
			if j.First >= j.End || j.ID > c.p.Meta().Job || j.End > c.p.Meta().Serial+1 || j.Changed > j.First {
				c.failf("job %+v of a stop has nothing to do, or is newer than the newest, %d", j, c.p.Meta().Job)
			}
			continue
		}
		if j.Waiting() == 0 || j.ID > c.p.Meta().Job {
			c.failf("job %+v has nothing to do, or is newer than the newest, %d", j, c.p.Meta().Job)
		}
		for place := j.First; place < j.End; place++ {
			b := c.p.Get(rows.LineKey(j.ID, place))
			if len(b) != 16 {
				c.failf("job %d has nobody at place %d", j.ID, place)
				return
			}
			c.expect(rows.LineKey(j.ID, place), b)
			waiting[history.RunID(b)] = j.ID
		}
	}
	for _, n := range c.order {
		r := n.row
		if r.Job != waiting[r.Run.RunID] {
			c.failf("run %s is in line for job %d, its row says %d", r.Run.RunID, waiting[r.Run.RunID], r.Job)
		}
		if r.Job != 0 && n.status.Open() {
			c.failf("run %s is open, and job %d is to clear up after it", r.Run.RunID, r.Job)
		}
	}
}

// timersLeft are the timers of a closed run that a job has not come to.
func (c *checker) timersLeft(n *recount) []armedTimer {
	return slices.DeleteFunc(n.left.timers, func(a armedTimer) bool {
		return a.id == 0 || c.p.Get(rows.ArmedKey(n.row.Serial, a.id)) == nil
	})
}

// linkChildrenLeft: the lines of a closed run that a job has not come to are of children that it
// had.
func (c *checker) linkChildrenLeft(n *recount) {
	left := uint64(0)
	c.p.Scan(rows.NumberKey(rows.FamilyChild, n.row.Serial), rows.NumberKey(rows.FamilyChild, n.row.Serial+1), func(k, v []byte) bool {
		id := rows.U64(k[9:])
		if !slices.ContainsFunc(n.left.children, func(l rows.Child) bool { return l.ID == id }) {
			c.failf("run %s is closed and has a line of child %d, which it did not have", n.row.Run.RunID, id)
		}
		c.expect(append([]byte(nil), k...), append([]byte(nil), v...))
		left++
		return true
	})
	if left != n.row.Children {
		c.failf("run %s has %d children left, its row says %d", n.row.Run.RunID, left, n.row.Children)
	}
}
