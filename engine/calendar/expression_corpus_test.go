package calendar

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestCronAgainstTheClock compares the next times of 40 expressions, from 10 moments each, with a
// clock that is read every minute.
func TestCronAgainstTheClock(t *testing.T) {
	expressions := strings.Split(`* * * * *|*/7 * * * *|0 * * * *|5,50 * * * *|10-14 * * * *|10-40/15 * * * *|59 23 * * *|0 0 * * *|30 6 * * *|0 */5 * * *|15 8-17/3 * * *|0 9,12,18 * * *
		|0 0 1 * *|0 0 31 * *|0 0 29 2 *|0 12 */10 * *|0 0 15-20 * *|0 0 L * *|0 0 1,L * *|30 23 L 2,4 *|0 0 * 1 *|0 0 1 */4 *|0 0 1 jan,Jul *|0 6 * feb-apr *|0 0 * * 0|0 0 * * 7|0 0 * * sun
		|0 0 * * 1-5|0 0 * * sat-sun|0 0 * * 5-7|0 0 * * 0-6/2|0 0 * * */2|0 0 13 * 5|0 0 L * 1|0 0 1-7 * mon|0 0 */2 * 3|1 1 1 1 *|0 0 ? * 2|20/20 * * * *|@weekly`, "|")
	if len(expressions) != 40 {
		t.Fatalf("%d expressions", len(expressions))
	}
	for _, text := range expressions {
		text = strings.TrimSpace(text)
		cal, err := Parse(&rows.Schedule{Cron: text})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			from := time.Date(2026+i%3, time.Month(1+i), 3*i+1, 5*i%24, 7*i, 13*i%60, 0, time.UTC)
			at := from
			for range 3 {
				want := nextByClock(text, at)
				got := cal.Next(history.At(at))
				if got == 0 || !got.Std().Equal(want) {
					t.Errorf("%s after %s: got %s, want %s", text, at, got, want)
					break
				}
				at = want
			}
		}
	}
}

// nextByClock reads a clock every minute, skipping days that cannot match.
func nextByClock(text string, after time.Time) time.Time {
	if text == "@weekly" {
		text = "0 0 * * 0"
	}
	f := strings.Fields(text)
	free := func(field string) bool { return field == "*" || field == "?" }
	for t := after.Truncate(time.Minute).Add(time.Minute); ; {
		day := listed(f[2], t.Day(), 1, 31, "") || strings.Contains(f[2], "L") && t.AddDate(0, 0, 1).Day() == 1
		week := listed(f[4], int(t.Weekday()), 0, 6, "sunmontuewedthufrisat") || t.Weekday() == 0 && listed(f[4], 7, 0, 7, "sunmontuewedthufrisat") && !free(f[4]) && !strings.HasPrefix(f[4], "*/")
		right := day && week
		if !free(f[2]) && !free(f[4]) {
			right = day || week
		}
		switch {
		case !right || !listed(f[3], int(t.Month()), 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case listed(f[1], t.Hour(), 0, 23, "") && listed(f[0], t.Minute(), 0, 59, ""):
			return t
		default:
			t = t.Add(time.Minute)
		}
	}
}

// listed reports whether a field lists v. It checks slowly, item by item and value by value.
func listed(field string, v, least, most int, names string) bool {
	value := func(s string) int {
		if i := strings.Index(names, strings.ToLower(s)); len(s) == 3 && i >= 0 {
			return i/3 + least
		}
		n, _ := strconv.Atoi(s)
		return n
	}
	return slices.ContainsFunc(strings.Split(field, ","), func(item string) bool {
		span, every, stepped := strings.Cut(item, "/")
		from, to, ranged := strings.Cut(span, "-")
		first, last, step := value(from), value(from), 1
		switch {
		case item == "L":
			return false
		case span == "*" || span == "?":
			first, last = least, most
		case ranged:
			if last = value(to); last < first {
				last = 7 // a range that ends on Sunday
			}
		case stepped:
			last = most
		}
		if stepped {
			step = value(every)
		}
		for n := first; n <= last; n += step {
			if n == v {
				return true
			}
		}
		return false
	})
}
