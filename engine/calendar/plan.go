package calendar

import (
	"math"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

const (
	onTime     = 10 * time.Second // a fire within this time is not late, so CatchUp does not apply
	maxCaught  = 100_000          // how many smallest gaps CatchUpAll goes back
	maxPlanned = 10_000           // times considered for one proposal
)

// Plan fills cmd with what to do about the times of s from its next one up to now: which ones to
// fire for, how many to skip, and when to look again. CatchUp applies to late fires. If there are
// more times than one command may carry, cmd also ends at a time that has already passed.
func (c *Calendar) Plan(cmd *fsm.FireSchedule, s *rows.Schedule, now history.Time) {
	late := func(at history.Time) bool { return now.Sub(s.DueAt(at)) >= onTime }
	due := func(at history.Time) bool { return at != 0 && s.DueAt(at) <= now }
	oldest := now // CatchUpAll does not go back further
	if back := int64(c.gap()); back < math.MaxInt64/maxCaught {
		oldest -= min(history.Time(back*maxCaught), now)
	} else {
		oldest = 0
	}
	most := fsm.FiresAtOnce(s)
	at := s.Next
	cmd.Due = at
	for n := 0; due(at) && n < maxPlanned && len(cmd.Times) < most; n++ {
		next := c.Next(at)
		switch {
		case s.CatchUp == rows.CatchUpOne && late(at) && due(next) && late(next): // the latest late time represents all of them
			cmd.Missed++
		case s.CatchUp == rows.CatchUpNone && late(at), s.CatchUp != rows.CatchUpOne && at < oldest:
			cmd.Missed++
		default:
			cmd.Times = append(cmd.Times, at)
		}
		at = next
	}
	cmd.Next = at
}
