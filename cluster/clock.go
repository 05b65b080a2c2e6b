package cluster

import (
	"sync"
	"time"

	"aion.dev/aion/fsm/history"
)

// skewAlarm is the difference between log time and this machine's clock above which a warning is
// logged.
const skewAlarm = 500 * time.Millisecond

// firstTime decides where log time begins in a term, and which step forward is held back.
//
// Log time that is far behind the wall clock has one of two causes: nobody led for a long time, or
// the clock is wrong. The state cannot tell them apart; the other voters' clocks can. A wrong step
// forward can never be undone. A missing step only makes timers late, until a majority agrees or an
// operator confirms the time.
func firstTime(state, wall history.Time, j judgement, cfg ClockConfig) (base history.Time, held time.Duration) {
	step := wall.Sub(state)
	switch {
	case step <= cfg.MaxSkew:
		return max(state, wall), 0
	case j.alone && (step <= cfg.MaxStep || state == 0), !j.alone && j.verdict == clockRight:
		return wall, 0
	case state == 0: // a new cluster has no past to protect, so it begins with the earliest clock
		base = wall
		for _, ahead := range j.ahead {
			base = min(base, wall.Add(ahead))
		}
		return base, wall.Sub(base)
	}
	return state, step
}

// clock is the log time of one term. After its start it follows this process's monotonic clock.
// Setting the wall clock during the term therefore changes nothing, and log time never runs
// backwards.
type clock struct {
	start time.Time     // with its monotonic reading
	first time.Duration // how far log time was ahead of the wall clock at start

	mu   sync.Mutex    // guards the fields below
	base history.Time  // log time at start, plus the steps made since
	step time.Duration // steps made since start
	held time.Duration // step held back at start

	// when the watchdog last warned about skew, and last transferred leadership because of it
	alarmed, handed time.Time
}

// newClock begins a term at the moment start, when the wall clock showed wall.
func newClock(start time.Time, wall, base history.Time, held time.Duration) *clock {
	return &clock{start: start, first: base.Sub(wall), base: base, held: held}
}

// at returns the log time of a moment. The moment must carry a monotonic reading.
func (c *clock) at(now time.Time) history.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(now.Sub(c.start))
}

// skew returns how far log time is ahead of the wall clock at a moment, and how much of that arose
// since the start without steps.
func (c *clock) skew(now time.Time, wall history.Time) (total, since time.Duration) {
	total = c.at(now).Sub(wall)
	c.mu.Lock()
	defer c.mu.Unlock()
	return total, total - c.first - c.step
}

// heldBack returns the step that was held back at the start.
func (c *clock) heldBack() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

// catchUp makes the step that was held back at the start, but never moves log time beyond the
// current wall clock, which may have been set since. It returns how far log time moved.
func (c *clock) catchUp(now time.Time, wall history.Time) time.Duration {
	by := min(c.heldBack(), wall.Sub(c.at(now)))
	return c.move(by)
}

// move moves log time forward and clears the step that was held back.
func (c *clock) move(by time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	by = max(by, 0)
	c.base, c.step, c.held = c.base.Add(by), c.step+by, 0
	return by
}
