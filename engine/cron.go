package engine

import (
	"math"
	"math/bits"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones on a node whose system has none

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
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
	zone  *time.Location
}

// Bounds of what a schedule may say.
const (
	MinEvery = time.Second
	MaxEvery = 10 * 365 * 24 * time.Hour
	maxCron  = 200 // bytes of an expression
	maxZone  = 100 // bytes of a zone's name
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
	zone, err := zoneOf(s.Timezone)
	if err != nil {
		return nil, err
	}
	parsed, err := cronParser.Parse(s.Cron)
	if err != nil {
		return nil, invalid("cron", "is %q: %s", clip(s.Cron), clipTo(err.Error(), 200))
	}
	return &calendar{spec: parsed.(*cron.SpecSchedule), zone: zone}, nil
}

// zones keeps the zones that were asked for: there are some hundreds.
var zones sync.Map

func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if len(name) > maxZone || name == "Local" { // the node's own zone is nobody's business
		return nil, invalid("timezone", "%q is no zone; zones are named as in Europe/Berlin", clip(name))
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, invalid("timezone", "%q is no zone; zones are named as in Europe/Berlin", clip(name))
	}
	zones.Store(name, zone)
	return zone, nil
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
	for range 3 {
		if m := c.spec.Next(t); !m.IsZero() {
			return m
		}
		t = t.AddDate(4, 0, 0)
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
