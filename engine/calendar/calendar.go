package calendar

import (
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Calendar computes the times at which a schedule fires. They depend on its definition alone, not
// on when it was created, changed or last fired.
//
// An interval fires at its multiples since 1970. A cron expression whose hour field is * follows
// real time: it fires at every instant at which a clock in its zone shows a matching time. Any
// other expression names times of day and fires once for each: when the clock jumps over that time,
// at the moment of the jump; when the clock shows it twice, the first time. So a daily job runs
// once every day, and a job for every minute runs every minute, regardless of daylight saving time.
//
// The cron library is only asked about zones without daylight saving time. Its answers are reliable
// there.
type Calendar struct {
	rules []rule
	end   history.Time // the last time that counts; 0 = there is none
}

// Parse reads the firing times of s. Its error names the invalid field.
func Parse(s *rows.Schedule) (*Calendar, error) { return read(s, parseRule) }

// Stored is Parse for a schedule that an earlier, less strict build accepted: it keeps firing as
// before.
func Stored(s *rows.Schedule) (*Calendar, error) { return read(s, storedRule) }

func read(s *rows.Schedule, parse func(rows.Timing) (rule, error)) (*Calendar, error) {
	if len(s.Also) >= fsm.MaxTimings {
		return nil, invalid("also", "has %d definitions of times, the limit is %d", len(s.Also), fsm.MaxTimings-1)
	}
	c := &Calendar{end: s.EndsAt}
	for i, timing := range s.Timings() {
		r, err := parse(timing)
		if wrong, ok := errors.AsType[*catalog.InvalidInput](err); ok && i > 0 {
			return nil, invalid(fmt.Sprintf("also[%d].%s", i-1, wrong.Field), "%s", wrong.Reason)
		}
		if err != nil {
			return nil, err
		}
		c.rules = append(c.rules, r)
	}
	return c, nil
}

// Next returns the first time after the given time, or 0 if there is none.
func (c *Calendar) Next(after history.Time) (first history.Time) {
	for i := range c.rules {
		if next := c.rules[i].next(after); next != 0 && (first == 0 || next < first) {
			first = next
		}
	}
	if c.end != 0 && first > c.end {
		return 0
	}
	return first
}

// Between lists at most limit times in [from, to).
func (c *Calendar) Between(from, to history.Time, limit int) (times []history.Time) {
	for t := c.Next(from - 1); t != 0 && t < to && len(times) < limit; t = c.Next(t) {
		times = append(times, t)
	}
	return times
}

// gap returns a distance that two times have at least, on the average.
func (c *Calendar) gap() time.Duration {
	smallest := c.rules[0].gap()
	for _, r := range c.rules[1:] {
		smallest = min(smallest, r.gap())
	}
	return smallest / time.Duration(len(c.rules))
}

func invalid(field, format string, args ...any) error {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
}
