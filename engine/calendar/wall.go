package calendar

import "time"

// nextShown returns the first instant after a time at which clocks of the zone show a matching
// time. It proceeds from one clock change to the next.
func (r *rule) nextShown(after time.Time) time.Time {
	for since := after; ; {
		shown := since.In(r.zone)
		name, offset := shown.Zone()
		end := constantUntil(shown)
		t := r.match(after.In(time.FixedZone(name, offset)))
		if t.IsZero() || end.IsZero() || t.Before(end) {
			return t
		}
		since, after = end, end.Add(-1)
	}
}

// constantUntil returns a time after t before which the zone of t does not change its offset, zero
// if it never does again.
//
// The library counts 365 days to the end of every year: on 31 December of a leap year it reports a
// bound that has passed in every zone with daylight saving time. No zone changes its clocks within
// the quarter of an hour that is added then, and the day ends after 96 of them.
func constantUntil(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() || end.After(t) {
		return end
	}
	const quarter = 15 * time.Minute
	return t.Truncate(quarter).Add(quarter)
}

// nextNamed returns the first instant after a time that represents a matching time of day.
func (r *rule) nextNamed(after time.Time) time.Time {
	for wall := wallOf(after.In(r.zone)); ; {
		if wall = r.match(wall); wall.IsZero() {
			return wall
		}
		if t := instant(wall, r.zone); t.After(after) {
			return t
		}
	}
}

// match returns the first match after t on a clock that never changes. The library looks five years
// ahead, but the next 29th of February may be eight years away.
func (r *rule) match(t time.Time) time.Time {
	for tries := 0; tries < 3; {
		m := r.spec.Next(t)
		switch {
		case m.IsZero():
			t = t.AddDate(4, 0, 0)
			tries++
		case r.days.last && !r.days.names(m): // continue after that day
			t = time.Date(m.Year(), m.Month(), m.Day(), 23, 59, 59, 0, m.Location())
		default:
			return m
		}
	}
	return time.Time{}
}

// wallOf returns the time that a clock shows, as if it were UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant returns when clocks of the zone show wall. If they show it twice, that is the first time;
// if they jump over it, the moment of the jump.
func instant(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	start, end := t.ZoneBounds()
	switch shown := wallOf(t); { // for a time that is skipped, Date uses the offset before or after the jump
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
