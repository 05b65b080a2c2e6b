package engine

import (
	"errors"
	"math"
	"math/bits"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/zones"
	"github.com/robfig/cron/v3"
)

// calendar is the times at which a schedule fires. They follow from its definition alone: not from when it was made, changed or last fired.
//
// An interval fires at the multiples of itself since 1970. A cron expression whose hour is * follows real time: every instant at which a clock of its zone shows
// what it says. Any other names times of day, and fires once for each: at the moment of the jump when the clock jumps over it, the first time when the clock
// shows it twice. So a daily job runs every day once, and a job of every minute every minute, whatever summer time does.
//
// The library is only ever asked about zones without summer time, which is where its answers can be relied on.
type calendar struct {
	every history.Duration // 0 = by cron
	spec  *cron.SpecSchedule
	days  dayRule
	zone  *time.Location
}

// dayRule is which days an expression with L names, of those that spec has.
type dayRule struct {
	last        bool // the last day of the month is named
	month, week uint64
}

// names reports whether the expression names the day of t. Where both days are restricted either
// will do.
func (r dayRule) names(t time.Time) bool {
	last := t.AddDate(0, 0, 1).Day() == 1
	day, week := last || r.month&(1<<t.Day()) != 0, r.week&(1<<t.Weekday()) != 0
	if r.week&everyHour != 0 {
		return day
	}
	return day || week
}

// Bounds of what a schedule may say.
const (
	MinEvery = time.Second
	MaxEvery = 10 * 365 * 24 * time.Hour
	maxCron  = 200 // bytes of an expression
)

var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// parseCalendar reads when s fires, naming the field that cannot be read.
func parseCalendar(s *fsm.Schedule) (*calendar, error) {
	switch {
	case s.Every == 0 && s.Cron == "":
		return nil, invalid("every", "is missing: say every or cron")
	case s.Every != 0 && s.Cron != "":
		return nil, invalid("cron", "cannot go with every: say one of them")
	case s.Every != 0 && (s.Every.Std() < MinEvery || s.Every.Std() > MaxEvery):
		return nil, invalid("every", "is %s; %s to %s are allowed", s.Every, MinEvery, MaxEvery)
	case s.Every != 0 && s.Timezone != "":
		return nil, invalid("timezone", "is of cron: an interval is the same in all of them")
	case s.Every != 0:
		return &calendar{every: s.Every}, nil
	case len(s.Cron) > maxCron:
		return nil, invalid("cron", "has %d bytes, the limit is %d", len(s.Cron), maxCron)
	case strings.Contains(s.Cron, "="): // the library would read TZ=, and may panic over it
		return nil, invalid("cron", "is %q: name the zone in timezone", clip(s.Cron))
	case strings.Contains(s.Cron, "@every"):
		return nil, invalid("cron", "is %q: say every instead", clip(s.Cron))
	}
	zone, err := zones.Of(s.Timezone)
	if err != nil {
		return nil, invalid("timezone", "%q is no zone; zones are named as in Europe/Berlin", clip(s.Timezone))
	}
	spec, days, err := readCron(s.Cron)
	if wrong, ok := errors.AsType[*catalog.InvalidInput](err); ok {
		return nil, invalid("cron", "is %q: %s", clip(s.Cron), wrong.Reason)
	}
	return &calendar{spec: spec, days: days, zone: zone}, nil
}

// storedCalendar is parseCalendar for a schedule that was made by a build which took more: it fires
// as it did.
func storedCalendar(s *fsm.Schedule) (*calendar, error) {
	c, err := parseCalendar(s)
	if err == nil || s.Cron == "" {
		return c, err
	}
	zone, zoneErr := zones.Of(s.Timezone)
	parsed, cronErr := cronParser.Parse(s.Cron)
	if zoneErr != nil || cronErr != nil {
		return nil, err
	}
	return &calendar{spec: parsed.(*cron.SpecSchedule), zone: zone}, nil
}

// next is the first time after a time; 0 when there is none.
func (c *calendar) next(after history.Time) history.Time {
	if c.every != 0 {
		every := history.Time(c.every)
		if after < 0 {
			return 0
		}
		if after > math.MaxInt64-every {
			return 0
		}
		return after - after%every + every
	}
	var t time.Time
	if c.spec.Hour&everyHour != 0 {
		t = c.nextShown(after.Std())
	} else {
		t = c.nextNamed(after.Std())
	}
	if t.IsZero() || t.After(endOfTime) {
		return 0
	}
	return history.At(t)
}

// everyHour is how the library marks a * in a field.
const everyHour = 1 << 63

// endOfTime is the last time that log time can hold.
var endOfTime = history.Time(math.MaxInt64).Std()

// nextShown is the first instant after a time at which clocks of the zone show what the expression says. It goes from one change of the clocks to the next.
func (c *calendar) nextShown(after time.Time) time.Time {
	for since := after; ; {
		shown := since.In(c.zone)
		name, offset := shown.Zone()
		_, end := shown.ZoneBounds()
		t := c.match(after.In(time.FixedZone(name, offset)))
		if t.IsZero() || end.IsZero() || t.Before(end) {
			return t
		}
		since, after = end, end.Add(-1)
	}
}

// nextNamed is the first instant after a time that stands for a time of day which the expression names.
func (c *calendar) nextNamed(after time.Time) time.Time {
	for wall := wallOf(after.In(c.zone)); ; {
		if wall = c.match(wall); wall.IsZero() {
			return wall
		}
		if t := instant(wall, c.zone); t.After(after) {
			return t
		}
	}
}

// match is the first match after t on a clock that never changes. The library looks five years ahead; the 29th of February may be eight years away.
func (c *calendar) match(t time.Time) time.Time {
	for tries := 0; tries < 3; {
		m := c.spec.Next(t)
		switch {
		case m.IsZero():
			t = t.AddDate(4, 0, 0)
			tries++
		case c.days.last && !c.days.names(m): // on to the end of that day
			t = time.Date(m.Year(), m.Month(), m.Day(), 23, 59, 59, 0, m.Location())
		default:
			return m
		}
	}
	return time.Time{}
}

// wallOf is what a clock shows, as if it were in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant is when clocks of the zone show wall: the first time if they do twice; when they jump over it, the moment of the jump.
func instant(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); { // for a time that is jumped over, Date takes the offset before the jump or the one after it
	case shown.After(wall):
		return start
	case shown.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	_, now := t.Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(start) {
		return first
	}
	return t
}

// between lists the times from from up to but without to, at most limit of them.
func (c *calendar) between(from, to history.Time, limit int) (times []history.Time) {
	for t := c.next(from - 1); t != 0 && t < to && len(times) < limit; t = c.next(t) {
		times = append(times, t)
	}
	return times
}

// gap is the smallest that there can be between two times.
func (c *calendar) gap() time.Duration {
	switch {
	case c.every != 0:
		return c.every.Std()
	case bits.OnesCount64(c.spec.Second&^everyHour) > 1:
		return time.Second
	}
	return time.Minute
}
