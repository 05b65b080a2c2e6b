package cluster

import (
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
)

func TestWhereATermsLogTimeBegins(t *testing.T) {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	cfg := ClockConfig{MaxSkew: 5 * time.Second, MaxStep: 30 * day}
	now := history.At(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))
	of := func(v clockVerdict, ahead ...time.Duration) judgement {
		j := judgement{verdict: v, ahead: map[string]time.Duration{"self": 0}}
		for i, d := range ahead {
			j.ahead[string(rune('a'+i))] = d
		}
		return j
	}
	alone := judgement{verdict: clockRight, alone: true, ahead: map[string]time.Duration{"self": 0}}
	for _, c := range []struct {
		name       string
		state      history.Time
		j          judgement
		base, held time.Duration // relative to the wall clock now
	}{
		{"level", now, of(clockRight), 0, 0},
		{"log time is ahead", now.Add(time.Hour), of(clockRight), time.Hour, 0},
		{"log time is ahead and the clock wrong", now.Add(time.Hour), of(clockWrong), time.Hour, 0},
		{"behind within the bound, nobody heard", now.Add(-5 * time.Second), of(clockUnknown), 0, 0},
		{"behind by more, nobody heard", now.Add(-5*time.Second - 1), of(clockUnknown), -5*time.Second - 1, 5*time.Second + 1},
		{"two nodes differ", now.Add(-time.Hour), of(clockSplit, -year), -time.Hour, time.Hour},
		{"a wrong clock leads", now.Add(-2 * year), of(clockWrong, -2*year, -2*year), -2 * year, 2 * year},
		{"a month off, and a majority agrees", now.Add(-31 * day), of(clockRight, 0, 0), 0, 0},
		{"two years off, and a majority agrees", now.Add(-2 * year), of(clockRight, 0, 0), 0, 0},
		{"the only voter was off for a month", now.Add(-30 * day), alone, 0, 0},
		{"the only voter was off for longer, or its clock is wrong", now.Add(-30*day - 1), alone, -30*day - 1, 30*day + 1},
		{"a new cluster of one", 0, alone, 0, 0},
		{"a new cluster that agrees", 0, of(clockRight, 0, 0), 0, 0},
		{"a new cluster whose clocks differ begins with the earliest", 0, of(clockSplit, -year, time.Hour), -year, year},
		{"a new cluster, this clock is the earliest", 0, of(clockSplit, year), 0, 0},
	} {
		base, held := firstTime(c.state, now, c.j, cfg)
		if got := base.Sub(now); got != c.base || held != c.held {
			t.Errorf("%s: begins %v from the wall clock and holds %v back, want %v and %v", c.name, got, held, c.base, c.held)
		}
		if base < c.state {
			t.Errorf("%s: log time goes back", c.name)
		}
	}
}

func TestLogTimeFollowsTheMonotonicClock(t *testing.T) {
	wall := time.Now()
	c := newClock(wall, history.At(wall), history.At(wall).Add(time.Hour), 0)
	if got := c.at(wall.Add(time.Second)); got != history.At(wall).Add(time.Hour+time.Second) {
		t.Errorf("a second later log time is %v", got)
	}
	// Ten seconds pass on the monotonic clock and none on the wall clock, which was set back.
	if total, since := c.skew(wall.Add(10*time.Second), history.At(wall)); total != time.Hour+10*time.Second || since != 10*time.Second {
		t.Errorf("skew is %v, %v since the beginning; want 1h0m10s, 10s", total, since)
	}
}

// The held step is made up for later, but not beyond a wall clock that was set right in the
// meantime.
func TestHeldStepIsMadeUpTo(t *testing.T) {
	start := time.Now()
	year := 365 * 24 * time.Hour
	for _, c := range []struct {
		name string
		set  time.Duration // of the wall clock, in between
		want time.Duration // the step made
	}{
		{"the clock was right", 0, year},
		{"the clock was set back by what it was wrong", -year, 0},
		{"and by more", -2 * year, 0},
		{"and by less", -time.Hour, year - time.Hour},
		{"the clock was set forward: only what was held counts", year, year},
	} {
		k := newClock(start, history.At(start), history.At(start).Add(-year), year)
		now := start.Add(time.Minute)
		wall := history.At(now).Add(c.set)
		before := k.at(now)
		if got := k.catchUp(now, wall); got != c.want || k.at(now).Sub(before) != c.want || k.heldBack() != 0 {
			t.Errorf("%s: stepped by %v, want %v", c.name, got, c.want)
		}
		if _, since := k.skew(now, wall); since != -c.set {
			t.Errorf("%s: %v since the beginning, want %v: the step is no skew", c.name, since, -c.set)
		}
	}
}
