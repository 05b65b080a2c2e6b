package cluster

import (
	"sync"
	"time"

	"aion.dev/aion/fsm/history"
)

// skewAlarm is from which difference on log time's distance from this machine's clock is logged.
const skewAlarm = 500 * time.Millisecond

// firstTime decides where the log time of a term begins, and which step forward it does not make.
//
// Log time that is far behind the wall clock has one of two reasons: nobody led for long, or the
// clock is wrong. The state cannot tell them apart; the other voters' clocks can. One step too many
// is never taken back. One too few makes timers late, until a majority agrees or an operator
// confirms the time.
func firstTime(state, wall history.Time, j judgement, cfg ClockConfig) (base history.Time, held time.Duration) {
	step := wall.Sub(state)
	switch {
	case step <= cfg.MaxSkew:
		return max(state, wall), 0
	case j.alone && (step <= cfg.MaxStep || state == 0), !j.alone && j.verdict == clockRight:
		return wall, 0
	case state == 0: // a new cluster: it has no past to protect, so it begins with the earliest clock
		base = wall
		for _, ahead := range j.ahead {
			base = min(base, wall.Add(ahead))
		}
		return base, wall.Sub(base)
	}
	return state, step
}

// clock is the log time of one term. From its beginning it follows this process's monotonic clock,
// so setting the wall clock during the term changes nothing, and log time never runs back.
type clock struct {
	start time.Time     // with its monotonic reading
	first time.Duration // how far the beginning was ahead of the wall clock

	mu   sync.Mutex    // over what follows
	base history.Time  // log time at start, and what was stepped since
	step time.Duration // made since start
	held time.Duration // not made at start

	alarmed, handed time.Time // of the watchdog, about skew
}

// newClock begins a term at the moment start, at which the wall clock showed wall.
func newClock(start time.Time, wall, base history.Time, held time.Duration) *clock {
	return &clock{start: start, first: base.Sub(wall), base: base, held: held}
}

// at returns the log time of a moment that was read with its monotonic clock.
func (c *clock) at(now time.Time) history.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(now.Sub(c.start))
}

// skew returns how far log time is ahead of the wall clock at a moment, and how much of that came
// since the beginning other than by steps.
func (c *clock) skew(now time.Time, wall history.Time) (total, since time.Duration) {
	total = c.at(now).Sub(wall)
	c.mu.Lock()
	defer c.mu.Unlock()
	return total, total - c.first - c.step
}

// holds returns the step that was not made at the beginning.
func (c *clock) holds() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held
}

// catchUp makes the step that was not made at the beginning, but never beyond what the wall clock
// shows today: it may have been set since. It returns how far log time moved.
func (c *clock) catchUp(now time.Time, wall history.Time) time.Duration {
	by := min(c.holds(), wall.Sub(c.at(now)))
	return c.move(by)
}

// move moves log time forward, and ends what was held back.
func (c *clock) move(by time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	by = max(by, 0)
	c.base, c.step, c.held = c.base.Add(by), c.step+by, 0
	return by
}
