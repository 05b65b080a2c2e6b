package calendar

import (
	"math"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

const (
	onTime     = 10 * time.Second // a fire that is not later is no business of CatchUp
	maxCaught  = 100_000          // times that CatchUpAll goes back, in the smallest gaps that there are
	maxPlanned = 10_000           // times looked at for one proposal
)

// Plan says in cmd what is to be done about the times of s from its next one up to now: which to
// fire for, how many to leave out, and when to look again. Fires that are late are what CatchUp is
// about. Where there are more than one command takes, cmd ends at a time that has come, too.
func (c *Calendar) Plan(cmd *fsm.FireSchedule, s *rows.Schedule, now history.Time) {
	late := func(at history.Time) bool { return now.Sub(at) >= onTime }
	oldest := now // before it CatchUpAll does not go back
	if back := int64(c.gap()); back < math.MaxInt64/maxCaught {
		oldest -= min(history.Time(back*maxCaught), now)
	} else {
		oldest = 0
	}
	most := fsm.FiresAtOnce(s)
	at := s.Next
	cmd.Due = at
	for n := 0; at != 0 && at <= now && n < maxPlanned && len(cmd.Times) < most; n++ {
		next := c.Next(at)
		switch {
		case s.CatchUp == rows.CatchUpOne && late(at) && next != 0 && next <= now && late(next): // the latest of those that are late stands for all of them
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
