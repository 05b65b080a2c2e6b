package fsm

import "aion.dev/aion/fsm/rows"

// A fire may be dear: it starts up to 1,000 runs, or several with 2 MiB of input each, or asks
// 1,000 runs to end. Estimate cannot know, for it does not see the schedule; so the one who
// proposes a fire says what it will cost, and one that does not fit into its entry all the same is
// to be proposed again.

// askWork is what asking a run to end costs at most, in units.
const askWork = 8

// FireWork is what c costs if it is applied to s as it stands, in units of work: for
// FireSchedule.Work.
func FireWork(s *rows.Schedule, c *FireSchedule) uint64 {
	return c.workOn(&schedule{Schedule: *s})
}

func (c *FireSchedule) workOn(s *schedule) uint64 {
	overlap, times, starts, asks, ends := c.overlapOf(s), len(c.Times), 0, 0, 0
	switch {
	case c.Problem != "" || times == 0:
	case overlap == rows.OverlapAllowAll:
		starts = min(times, max(0, maxOpenRuns-len(s.Open)))
	case len(s.Open) == 0:
		starts, asks = 1, 1
	case overlap == rows.OverlapTerminatePrevious:
		starts, ends = 1, len(s.Open)
	case overlap == rows.OverlapCancelPrevious && (s.apart == nil || !s.apart.asked):
		asks = len(s.Open)
	}
	if s.Stuck() && c.Problem == "" {
		starts++
	}
	if s.Ending {
		ends = len(s.Open)
	}
	return uint64(starts)*s.startWork() + uint64(asks)*askWork + uint64(ends)*closeCost
}

func (c *FireSchedule) overlapOf(s *schedule) rows.Overlap {
	if c.Overlap != nil {
		return *c.Overlap
	}
	return s.Overlap
}

// affords reports whether the entry has room for so much more work. One that has done nothing yet
// has room for anything that a command may cost, and one that has done little has, too: a fire is
// not put off for ever.
func (t *step) affords(work uint64) bool {
	used := t.cost()
	return t.budget == 0 || used == 0 || used+min(work, t.budget/4*3) <= t.budget
}
