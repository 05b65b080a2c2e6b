package cluster

import (
	"time"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/seeded"
)

// Skew between log time and this machine's wall clock: from skewAlarm on it is logged, and a leader whose clock moved by skewHandOver since it won
// hands leadership on.
const (
	skewAlarm    = 500 * time.Millisecond
	skewHandOver = 5 * time.Second
)

// clock is the log time of one term. It starts at the state's time or the wall clock, whichever is later, and from there follows this process's
// monotonic clock: a step of the wall clock during the term changes nothing, and log time never runs back over a change of leaders.
type clock struct {
	base  history.Time
	start time.Time     // with its monotonic reading
	first time.Duration // how far it was ahead of the wall clock then

	alarmed, handed time.Time // by the watchdog, about skew
}

func newClock(state history.Time, wall time.Time) *clock {
	c := &clock{base: max(state, history.At(faults.Wall(wall))), start: wall}
	if seeded.On(seeded.LogTimeBack) {
		c.base = history.At(wall).Add(-time.Duration(seeded.Now() % int64(3*time.Second)))
	}
	c.first = c.base.Sub(history.At(faults.Wall(wall)))
	return c
}

// at returns the log time of a moment that was read with its monotonic clock.
func (c *clock) at(now time.Time) history.Time { return c.base.Add(now.Sub(c.start)) }

// now returns the log time.
func (c *clock) now() history.Time { return c.at(faults.Now()) }

// skew returns how far log time is ahead of the wall clock, and how much of that has come since the win.
func (c *clock) skew(now time.Time) (total, since time.Duration) {
	total = c.at(now).Sub(history.At(faults.Wall(now)))
	return total, total - c.first
}
