package calendar

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/zones"
	"github.com/robfig/cron/v3"
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
	every history.Duration // 0 = by cron
	spec  *cron.SpecSchedule
	days  dayRule
	zone  *time.Location
	end   history.Time // the last time that counts; 0 = there is none
}

// Bounds of a schedule's definition.
const (
	MinEvery = time.Second
	MaxEvery = 10 * 365 * 24 * time.Hour
	maxCron  = 200 // bytes of an expression
)

var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Parse reads the firing times of s. Its error names the invalid field.
func Parse(s *rows.Schedule) (*Calendar, error) {
	switch {
	case s.Every == 0 && s.Cron == "":
		return nil, invalid("every", "is missing: give every or cron")
	case s.Every != 0 && s.Cron != "":
		return nil, invalid("cron", "cannot be combined with every: give one of them")
	case s.Every != 0 && (s.Every.Std() < MinEvery || s.Every.Std() > MaxEvery):
		return nil, invalid("every", "is %s; %s to %s are allowed", s.Every, MinEvery, MaxEvery)
	case s.Every != 0 && s.Timezone != "":
		return nil, invalid("timezone", "applies to cron only: an interval is the same in every zone")
	case s.Every != 0:
		return &Calendar{every: s.Every, end: s.EndsAt}, nil
	case len(s.Cron) > maxCron:
		return nil, invalid("cron", "has %d bytes, the limit is %d", len(s.Cron), maxCron)
	case strings.Contains(s.Cron, "="): // the library would read TZ=, and may panic over it
		return nil, invalid("cron", "is %q: name the zone in timezone", clip.Short(s.Cron))
	case strings.Contains(s.Cron, "@every"):
		return nil, invalid("cron", "is %q: use every instead", clip.Short(s.Cron))
	}
	zone, err := zones.Of(s.Timezone)
	if err != nil {
		return nil, invalid("timezone", "%q is not a time zone; want a name such as Europe/Berlin", clip.Short(s.Timezone))
	}
	spec, days, err := readCron(s.Cron)
	if wrong, ok := errors.AsType[*catalog.InvalidInput](err); ok {
		return nil, invalid("cron", "is %q: %s", clip.Short(s.Cron), wrong.Reason)
	}
	return &Calendar{spec: spec, days: days, zone: zone, end: s.EndsAt}, nil
}

// Stored is Parse for a schedule that an earlier, less strict build accepted: it keeps firing as
// before.
func Stored(s *rows.Schedule) (*Calendar, error) {
	c, err := Parse(s)
	if err == nil || s.Cron == "" {
		return c, err
	}
	zone, zoneErr := zones.Of(s.Timezone)
	parsed, cronErr := cronParser.Parse(s.Cron)
	if zoneErr != nil || cronErr != nil {
		return nil, err
	}
	return &Calendar{spec: parsed.(*cron.SpecSchedule), zone: zone, end: s.EndsAt}, nil
}

// Next returns the first time after the given time, or 0 if there is none.
func (c *Calendar) Next(after history.Time) history.Time {
	if next := c.unending(after); c.end == 0 || next <= c.end {
		return next
	}
	return 0
}

// unending is Next of a schedule that does not end.
func (c *Calendar) unending(after history.Time) history.Time {
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
	if t.IsZero() || t.After(EndOfTime) {
		return 0
	}
	return history.At(t)
}

// everyHour is the bit with which the library marks a * in a field.
const everyHour = 1 << 63

// EndOfTime is the latest time that log time can represent.
var EndOfTime = history.Time(math.MaxInt64).Std()

// Between lists at most limit times in [from, to).
func (c *Calendar) Between(from, to history.Time, limit int) (times []history.Time) {
	for t := c.Next(from - 1); t != 0 && t < to && len(times) < limit; t = c.Next(t) {
		times = append(times, t)
	}
	return times
}

// gap returns the smallest possible distance between two times.
func (c *Calendar) gap() time.Duration {
	switch {
	case c.every != 0:
		return c.every.Std()
	case bits.OnesCount64(c.spec.Second&^everyHour) > 1:
		return time.Second
	}
	return time.Minute
}

func invalid(field, format string, args ...any) error {
	return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
}
