package fsm

import (
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestRate: in any stretch of time begin no more attempts than the burst and one more for each
// interval that fits; and whoever asks again when told to, gets one.
func TestRate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := rows.QueueLimits{
			Rate: rapid.Uint64Range(1, 50).Draw(rt, "rate"), Per: history.Duration(rapid.Int64Range(int64(minPer), int64(maxPer)).Draw(rt, "per")),
			Burst: rapid.Uint64Range(0, 60).Draw(rt, "burst"),
		}
		if l.Burst > perRate*l.Rate {
			l.Burst = 0
		}
		if refusal := checkLimits(l); refusal != nil {
			rt.Fatal(refusal)
		}
		q, now := &rows.Queue{Limits: l}, history.Time(1_700_000_000e9)
		burst := l.Burst
		if burst == 0 {
			burst = l.Rate
		}
		var began []history.Time
		for range rapid.IntRange(1, 60).Draw(rt, "asks") {
			if next, ok := q.Next(); !ok {
				rt.Fatal("a rate alone stops no queue for good")
			} else if rapid.Bool().Draw(rt, "patient") && next > now {
				if q.Allows(next-1) != 0 {
					rt.Fatalf("an attempt may begin before %d", next)
				}
				if now = next; q.Allows(now) == 0 {
					rt.Fatalf("none may begin at %d", next)
				}
			} else {
				now += history.Time(rapid.Int64Range(0, int64(l.Per)).Draw(rt, "passes"))
			}
			n := min(q.Allows(now), rapid.Uint64Range(0, 70).Draw(rt, "wanted"))
			q.Begin(n, now)
			for range n {
				began = append(began, now)
			}
		}
		for i := range began {
			for j := i; j < len(began); j++ {
				stretch := began[j] - began[i]
				if n := uint64(j - i + 1); n > burst+uint64(stretch)*l.Rate/uint64(l.Per) { // 100,000 and more would pass 64 bits only beyond a day times 50
					rt.Fatalf("%d attempts began within %d of a rate of %d in %s, burst %d", n, stretch, l.Rate, l.Per, burst)
				}
			}
		}
	})
}

// The bounds of limits keep their arithmetic within 64 bits.
func TestRateBounds(t *testing.T) {
	for _, l := range []rows.QueueLimits{
		{Rate: 1, Per: maxPer, Burst: perRate}, {Rate: maxRate, Per: maxPer, Burst: maxRate}, {Rate: maxRate, Per: minPer}, {Rate: 1000, Per: maxPer, Burst: maxRate},
	} {
		if refusal := checkLimits(l); refusal != nil {
			t.Errorf("%+v: %v", l, refusal)
		}
		now, q := history.Time(4_000_000_000e9), &rows.Queue{Limits: l} // the year 2096
		if l.Ahead() <= 0 || now+l.Ahead() <= now {
			t.Errorf("%+v runs ahead by %d", l, l.Ahead())
		}
		n := q.Allows(now)
		if want := max(l.Burst, 1); l.Burst > 0 && n != want {
			t.Errorf("%+v lets %d begin at first", l, n)
		}
		q.Begin(n, now)
		if q.Allows(now) != 0 || q.Allows(now+l.Interval()) != 1 {
			t.Errorf("%+v lets %d begin after that, and %d an interval later", l, q.Allows(now), q.Allows(now+l.Interval()))
		}
	}
}
