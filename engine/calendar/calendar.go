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

// Calendar is the times at which a schedule fires. They follow from its definition alone: not from
// when it was made, changed or last fired.
//
// An interval fires at the multiples of itself since 1970. A cron expression whose hour is *
// follows real time: every instant at which a clock of its zone shows what it says. Any other names
// times of day, and fires once for each: at the moment of the jump when the clock jumps over it,
// the first time when the clock shows it twice. So a daily job runs every day once, and a job of
// every minute every minute, whatever summer time does.
//
// The library is only ever asked about zones without summer time, which is where its answers can be
// relied on.
type Calendar struct {
	every history.Duration // 0 = by cron
	spec  *cron.SpecSchedule
	days  dayRule
	zone  *time.Location
}

// Bounds of what a schedule may say.
const (
	MinEvery = time.Second
	MaxEvery = 10 * 365 * 24 * time.Hour
	maxCron  = 200 // bytes of an expression
)

var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// Parse reads when s fires, naming the field that cannot be read.
func Parse(s *rows.Schedule) (*Calendar, error) {
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
		return &Calendar{every: s.Every}, nil
	case len(s.Cron) > maxCron:
		return nil, invalid("cron", "has %d bytes, the limit is %d", len(s.Cron), maxCron)
	case strings.Contains(s.Cron, "="): // the library would read TZ=, and may panic over it
		return nil, invalid("cron", "is %q: name the zone in timezone", clip.Short(s.Cron))
	case strings.Contains(s.Cron, "@every"):
		return nil, invalid("cron", "is %q: say every instead", clip.Short(s.Cron))
	}
	zone, err := zones.Of(s.Timezone)
	if err != nil {
		return nil, invalid("timezone", "%q is no zone; zones are named as in Europe/Berlin", clip.Short(s.Timezone))
	}
	spec, days, err := readCron(s.Cron)
	if wrong, ok := errors.AsType[*catalog.InvalidInput](err); ok {
		return nil, invalid("cron", "is %q: %s", clip.Short(s.Cron), wrong.Reason)
	}
	return &Calendar{spec: spec, days: days, zone: zone}, nil
}

// Stored is Parse for a schedule that was made by a build which took more: it fires as it did.
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
	return &Calendar{spec: parsed.(*cron.SpecSchedule), zone: zone}, nil
}

// Next is the first time after a time; 0 when there is none.
func (c *Calendar) Next(after history.Time) history.Time {
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

// everyHour is how the library marks a * in a field.
const everyHour = 1 << 63

// EndOfTime is the last time that log time can hold.
var EndOfTime = history.Time(math.MaxInt64).Std()

// Between lists the times from from up to but without to, at most limit of them.
func (c *Calendar) Between(from, to history.Time, limit int) (times []history.Time) {
	for t := c.Next(from - 1); t != 0 && t < to && len(times) < limit; t = c.Next(t) {
		times = append(times, t)
	}
	return times
}

// gap is the smallest that there can be between two times.
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
