package calendar

import (
	"errors"
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

// rule is one definition of times: an interval or a cron expression.
type rule struct {
	every history.Duration // 0 = by cron
	spec  *cron.SpecSchedule
	days  dayRule
	zone  *time.Location
}

// Bounds of a schedule's definition.
const (
	MinEvery = time.Second
	MaxEvery = 10 * 365 * 24 * time.Hour
	maxCron  = 200 // bytes of an expression
)

var cronParser = cron.NewParser(cron.SecondOptional | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

func parseRule(s rows.Timing) (r rule, err error) {
	switch {
	case s.Every == 0 && s.Cron == "":
		return r, invalid("every", "is missing: give every or cron")
	case s.Every != 0 && s.Cron != "":
		return r, invalid("cron", "cannot be combined with every: give one of them")
	case s.Every != 0 && (s.Every.Std() < MinEvery || s.Every.Std() > MaxEvery):
		return r, invalid("every", "is %s; %s to %s are allowed", s.Every, MinEvery, MaxEvery)
	case s.Every != 0 && s.Timezone != "":
		return r, invalid("timezone", "applies to cron only: an interval is the same in every zone")
	case s.Every != 0:
		return rule{every: s.Every}, nil
	case len(s.Cron) > maxCron:
		return r, invalid("cron", "has %d bytes, the limit is %d", len(s.Cron), maxCron)
	case strings.Contains(s.Cron, "="): // the library would read TZ=, and may panic over it
		return r, invalid("cron", "is %q: name the zone in timezone", clip.Short(s.Cron))
	case strings.Contains(s.Cron, "@every"):
		return r, invalid("cron", "is %q: use every instead", clip.Short(s.Cron))
	}
	zone, err := zones.Of(s.Timezone)
	if err != nil {
		return r, invalid("timezone", "%q is not a time zone; want a name such as Europe/Berlin", clip.Short(s.Timezone))
	}
	spec, days, err := readCron(s.Cron)
	if wrong, ok := errors.AsType[*catalog.InvalidInput](err); ok {
		return r, invalid("cron", "is %q: %s", clip.Short(s.Cron), wrong.Reason)
	}
	return rule{spec: spec, days: days, zone: zone}, nil
}

// storedRule is parseRule for one that an earlier, less strict build accepted.
func storedRule(s rows.Timing) (rule, error) {
	r, err := parseRule(s)
	if err == nil || s.Cron == "" {
		return r, err
	}
	zone, zoneErr := zones.Of(s.Timezone)
	parsed, cronErr := cronParser.Parse(s.Cron)
	if zoneErr != nil || cronErr != nil {
		return r, err
	}
	return rule{spec: parsed.(*cron.SpecSchedule), zone: zone}, nil
}

// next returns the first time after the given time, or 0 if there is none.
func (r *rule) next(after history.Time) history.Time {
	if r.every != 0 {
		every := history.Time(r.every)
		if after < 0 {
			return 0
		}
		if after > math.MaxInt64-every {
			return 0
		}
		return after - after%every + every
	}
	var t time.Time
	if r.spec.Hour&everyHour != 0 {
		t = r.nextShown(after.Std())
	} else {
		t = r.nextNamed(after.Std())
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

// gap returns the smallest possible distance between two times.
func (r *rule) gap() time.Duration {
	switch {
	case r.every != 0:
		return r.every.Std()
	case bits.OnesCount64(r.spec.Second&^everyHour) > 1:
		return time.Second
	}
	return time.Minute
}
