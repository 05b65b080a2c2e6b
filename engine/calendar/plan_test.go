package calendar

import (
	"testing"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestPlan: a series of commands handles each time up to now exactly once, and none after it; the
// policy decides which ones fire.
func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rows.Schedule{
			Every:   history.Duration(rapid.SampledFrom([]time.Duration{time.Second, 7 * time.Second, time.Hour, 1000 * time.Hour}).Draw(t, "every")),
			CatchUp: rows.CatchUp(rapid.IntRange(0, 2).Draw(t, "catch up")),
			Input:   make(history.Payload, rapid.SampledFrom([]int{0, 1 << 10, 2 << 20}).Draw(t, "input")),
		}
		cal, err := Parse(&s)
		if err != nil {
			t.Fatal(err)
		}
		now := history.Time(1_700_000_000e9)
		first := cal.Next(now.Add(-time.Duration(rapid.Int64Range(1, 3e14).Draw(t, "away"))))
		s.Next = first
		settled, fired := uint64(0), []history.Time(nil)
		for s.Next <= now {
			cmd := new(fsm.FireSchedule)
			cal.Plan(cmd, &s, now)
			if cmd.Due != s.Next || cmd.Next <= cmd.Due || len(cmd.Times) > fsm.FiresAtOnce(&s) || len(cmd.Times) == 0 && cmd.Missed == 0 {
				t.Fatalf("from %s: %+v", s.Next, cmd)
			}
			settled += cmd.Missed + uint64(len(cmd.Times))
			fired = append(fired, cmd.Times...)
			s.Next = cmd.Next
		}
		if want := uint64(s.Next-first) / uint64(s.Every); settled != want || s.Next != cal.Next(now) {
			t.Fatalf("settled %d of %d times, fires at %s next, want %s", settled, want, s.Next, cal.Next(now))
		}
		for i, at := range fired {
			if at > now || i > 0 && at <= fired[i-1] {
				t.Fatalf("fired for %s after %s", at, fired[:i])
			}
		}
		late, fresh := 0, 0 // among the fires
		for _, at := range fired {
			if now.Sub(at) >= onTime {
				late++
			} else {
				fresh++
			}
		}
		onTimes := 0 // they fire whatever the policy
		for at := s.Next - history.Time(s.Every); at >= first && now.Sub(at) < onTime; at -= history.Time(s.Every) {
			onTimes++
		}
		switch isLate := first <= now && now.Sub(first) >= onTime; {
		case fresh != onTimes:
			t.Fatalf("fired for %d times that are on time, of %d", fresh, onTimes)
		case isLate && s.CatchUp == rows.CatchUpOne && (late != 1 || now.Sub(fired[0]+history.Time(s.Every)) >= onTime):
			t.Fatalf("caught up with %s, which is not the latest of those that are late", fired)
		case s.CatchUp == rows.CatchUpNone && len(fired) > 0 && now.Sub(fired[0]) >= onTime:
			t.Fatalf("fired for %s, which is late", fired[0])
		case s.CatchUp == rows.CatchUpAll && settled <= maxCaught && uint64(len(fired)) != settled:
			t.Fatalf("fired for %d of %d times", len(fired), settled)
		case len(fired) > maxCaught+1:
			t.Fatalf("fired for %d times", len(fired))
		}
	})
}
