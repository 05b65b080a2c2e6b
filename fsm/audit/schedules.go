package audit

import (
	"bytes"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkSchedules: every schedule stands in the index of fires where its row says, its open runs are
// the open runs that it started, and the count is right.
func (c *checker) checkSchedules() {
	open := map[history.RunID]string{} // -> schedule
	inputs := map[string]bool{}        // of schedules that have a row for it
	stored, fires := uint64(0), uint64(0)
	c.p.Scan(rows.Key(rows.FamilySchedule), rows.Key(rows.FamilySchedule+1), func(k, b []byte) bool {
		s, ok := c.p.Schedule(string(k[1:]))
		if !ok || s.ID != string(k[1:]) {
			c.failf("schedule %q cannot be read, or is %q", k[1:], s.ID)
			return false
		}
		c.checkApart(&s, b, inputs)
		stored++
		if at := wake(&s); at != 0 {
			fires++
			if c.p.Get(rows.FireKey(at, s.ID)) == nil {
				c.failf("schedule %s fires at %s, but is not in the index", s.ID, at)
			}
		}
		if len(s.Buffered) > rows.MaxBuffered || len(s.Open) > maxOpenRuns || len(s.Recent) > maxRecentRuns || (s.Paused || s.Over()) && s.Next != 0 || s.Fired > s.Fires {
			c.failf("schedule %s passes its bounds: %d fires buffered, %d runs open, %d recent, paused %v, next %s, fired %d of %d", s.ID, len(s.Buffered), len(s.Open), len(s.Recent), s.Paused, s.Next, s.Fired, s.Fires)
		}
		for _, id := range s.Open {
			if n := c.runs[id]; n == nil || !n.status.Open() || n.row.Run.Schedule != s.ID || open[id] != "" {
				c.failf("schedule %s has run %s among the open ones: it is not, or not its own, or twice", s.ID, id)
			}
			open[id] = s.ID
		}
		return true
	})
	for _, n := range c.order {
		r := &n.row.Run
		s, ok := c.p.Schedule(r.Schedule)
		if ok && n.status.Open() && open[r.RunID] == "" && r.StartedAt > s.CreatedAt && len(r.Reopened) == 0 {
			c.failf("run %s is open, but not known to its schedule %s", r.RunID, r.Schedule)
		}
	}
	c.count("fires", rows.Key(rows.FamilyFire), fires)
	c.count("inputs of schedules", rows.Key(rows.FamilyInput), uint64(len(inputs)))
	if stored != c.p.Meta().Schedules {
		c.failf("%d schedules are stored, the count says %d", stored, c.p.Meta().Schedules)
	}
}

// checkApart: the row of a schedule holds input, attributes and open runs, or none of them and what
// follows from those that stand elsewhere. S has all of them.
func (c *checker) checkApart(s *rows.Schedule, b []byte, inputs map[string]bool) {
	row, err := rows.DecodeSchedule(b)
	if err != nil || !row.Apart {
		return // told already, or of the first layout
	}
	inputs[s.ID] = true
	if row.Schedule.Input != nil || row.Schedule.Attributes != nil {
		c.failf("schedule %s has its input twice", s.ID)
	}
	if weight, work := c.p.ScheduleCost(s); row.Weight != weight || row.Work != work {
		c.failf("schedule %s weighs %d and costs %d, its row says %d and %d", s.ID, weight, work, row.Weight, row.Work)
	}
	if !bytes.Equal(row.Encode(), b) {
		c.failf("the row of schedule %s is not written as it is read", s.ID)
	}
}
