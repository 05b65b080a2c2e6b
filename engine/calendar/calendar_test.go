package calendar

import (
	"os"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestCalendar lists firing times of definitions. The clocks of Europe/Berlin change on 2026-03-29
// (02:00 becomes 03:00, at 01:00 UTC) and 2026-10-25 (03:00 becomes 02:00, at 01:00 UTC).
func TestCalendar(t *testing.T) {
	for _, c := range []struct {
		name, cron, zone string
		every            time.Duration
		from             string
		want             string
	}{
		{name: "interval", every: 90 * time.Minute, from: "2026-01-01T00:00:00Z", want: "01-01T01:30:00 01-01T03:00:00 01-01T04:30:00"},
		{name: "interval from the middle", every: time.Hour, from: "2026-01-01T00:59:59.999Z", want: "01-01T01:00:00 01-01T02:00:00"},
		{name: "a week begins where 1970 did", every: 7 * 24 * time.Hour, from: "2026-01-01T00:00:00Z", want: "01-08T00:00:00 01-15T00:00:00"},
		{name: "part of a second", every: 1500 * time.Millisecond, from: "1970-01-01T00:00:00Z", want: "01-01T00:00:01.5 01-01T00:00:03"},
		{name: "five fields", cron: "30 6 * * *", from: "2026-01-01T00:00:00Z", want: "01-01T06:30:00 01-02T06:30:00"},
		{name: "six fields", cron: "15,45 * * * * *", from: "2026-01-01T00:00:15Z", want: "01-01T00:00:45 01-01T00:01:15"},
		{name: "names and steps", cron: "0 */12 * JAN mon-wed", from: "2026-01-05T01:00:00Z", want: "01-05T12:00:00 01-06T00:00:00 01-06T12:00:00 01-07T00:00:00 01-07T12:00:00 01-12T00:00:00"},
		{name: "day of month or of week", cron: "0 0 13 * 5", from: "2026-02-01T00:00:00Z", want: "02-06T00:00:00 02-13T00:00:00 02-20T00:00:00"},
		{name: "daily", cron: "@daily", from: "2026-01-01T00:00:00Z", want: "01-02T00:00:00 01-03T00:00:00"},
		{name: "hourly", cron: "@hourly", from: "2026-01-01T00:00:00Z", want: "01-01T01:00:00 01-01T02:00:00"},
		{name: "Sunday is 7 too", cron: "0 0 * * 7", from: "2026-01-01T00:00:00Z", want: "01-04T00:00:00 01-11T00:00:00"},
		{name: "up to Sunday", cron: "0 0 * * 6-7", from: "2026-01-01T00:00:00Z", want: "01-03T00:00:00 01-04T00:00:00 01-10T00:00:00"},
		{name: "up to Sunday, by name", cron: "0 0 * * Sat-SUN", from: "2026-01-01T00:00:00Z", want: "01-03T00:00:00 01-04T00:00:00 01-10T00:00:00"},
		{name: "the last day", cron: "0 12 L * *", from: "2026-01-01T00:00:00Z", want: "01-31T12:00:00 02-28T12:00:00 03-31T12:00:00 04-30T12:00:00"},
		{name: "the last day of a leap year", cron: "*/30 0 L 2 *", from: "2028-01-01T00:00:00Z", want: "02-29T00:00:00 02-29T00:30:00"},
		{name: "the first and the last day", cron: "0 0 1,L * *", from: "2026-01-15T00:00:00Z", want: "01-31T00:00:00 02-01T00:00:00 02-28T00:00:00 03-01T00:00:00"},
		{name: "the last day or a Monday", cron: "0 0 L * mon", from: "2026-03-24T00:00:00Z", want: "03-30T00:00:00 03-31T00:00:00 04-06T00:00:00"},
		{name: "zone", cron: "0 9 * * *", zone: "America/New_York", from: "2026-01-01T00:00:00Z", want: "01-01T14:00:00 01-02T14:00:00"},
		{name: "leap years", cron: "0 0 29 2 *", from: "2096-03-01T00:00:00Z", want: "02-29T00:00:00"}, // of 2104
		{name: "never", cron: "0 0 30 2 *", from: "2026-01-01T00:00:00Z", want: ""},

		{name: "spring, jumped over", cron: "30 2 * * *", zone: "Europe/Berlin", from: "2026-03-28T00:00:00Z", want: "03-28T01:30:00 03-29T01:00:00 03-30T00:30:00"},
		{name: "spring, several jumped over", cron: "0,20,40 2 * * *", zone: "Europe/Berlin", from: "2026-03-28T12:00:00Z", want: "03-29T01:00:00 03-30T00:00:00"},
		{name: "spring, the hour after", cron: "0 3 * * *", zone: "Europe/Berlin", from: "2026-03-28T00:00:00Z", want: "03-28T02:00:00 03-29T01:00:00 03-30T01:00:00"},
		{name: "spring, midnight", cron: "@daily", zone: "Europe/Berlin", from: "2026-03-28T00:00:00Z", want: "03-28T23:00:00 03-29T22:00:00"},
		{name: "spring, real time", cron: "*/30 * * * *", zone: "Europe/Berlin", from: "2026-03-29T00:00:00Z", want: "03-29T00:30:00 03-29T01:00:00 03-29T01:30:00"},
		{name: "spring, an hour that is not shown", cron: "30 * 29 3 *", zone: "Europe/Berlin", from: "2026-03-29T00:00:00Z", want: "03-29T00:30:00 03-29T01:30:00"},
		{name: "autumn, shown twice", cron: "30 2 * * *", zone: "Europe/Berlin", from: "2026-10-24T12:00:00Z", want: "10-25T00:30:00 10-26T01:30:00"},
		{name: "autumn, asked in between", cron: "0,30 2 * * *", zone: "Europe/Berlin", from: "2026-10-25T00:45:00Z", want: "10-26T01:00:00 10-26T01:30:00"},
		{name: "autumn, real time", cron: "*/30 * * * *", zone: "Europe/Berlin", from: "2026-10-25T00:00:00Z", want: "10-25T00:30:00 10-25T01:00:00 10-25T01:30:00 10-25T02:00:00"},
		{name: "a jump at midnight", cron: "0 0 * * *", zone: "Africa/Cairo", from: "2026-04-22T23:00:00Z", want: "04-23T22:00:00 04-24T21:00:00"},
		{name: "a jump of half an hour", cron: "*/20 * * * *", zone: "Australia/Lord_Howe", from: "2026-04-04T14:45:00Z", want: "04-04T15:10:00 04-04T15:30:00"},
		{name: "a day that was left out", cron: "0 12 * * *", zone: "Pacific/Apia", from: "2011-12-29T20:00:00Z", want: "12-29T22:00:00 12-30T10:00:00 12-30T22:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cal, err := Parse(&rows.Schedule{Every: history.Duration(c.every), Cron: c.cron, Timezone: c.zone})
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339Nano, c.from)
			if err != nil {
				t.Fatal(err)
			}
			at := history.At(from)
			var got []string
			for range len(strings.Fields(c.want)) {
				if at = cal.Next(at); at == 0 {
					break
				}
				got = append(got, strings.TrimSuffix(at.String()[5:], "Z"))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("fires at %s\nwant     %s", s, c.want)
			}
			if c.want == "" && cal.Next(at) != 0 {
				t.Errorf("fires at %s, want never", cal.Next(at))
			}
		})
	}
}

// TestCalendarGuide checks the table of docs/SCHEDULES.md.
func TestCalendarGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/SCHEDULES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(guide), "fires at (UTC) |\n|---|---|---|---|\n")
	table, _, ok := strings.Cut(table, "<!-- end of table -->")
	if !ok {
		t.Fatal("docs/SCHEDULES.md has lost its table of times")
	}
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(line, "| \n"), "|")
		cal, err := Parse(&rows.Schedule{Cron: strings.Trim(cells[0], " `"), Timezone: strings.TrimSpace(cells[1])})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		from, err := time.Parse(time.RFC3339, strings.TrimSpace(cells[2]))
		if err != nil {
			t.Fatal(err)
		}
		at := history.At(from)
		for _, want := range strings.Split(cells[3], ",") {
			at = cal.Next(at)
			if got := at.Std().Format("01-02 15:04"); got != strings.TrimSpace(want) {
				t.Errorf("%sfires at %s, not at %s", line, got, want)
			}
		}
	}
}

func TestCalendarRefuses(t *testing.T) {
	for _, c := range []struct {
		s           rows.Schedule
		field, want string
	}{
		{rows.Schedule{}, "every", "give every or cron"},
		{rows.Schedule{Every: 1e9, Cron: "@daily"}, "cron", "one of them"},
		{rows.Schedule{Every: 1e9 - 1}, "every", "1s"},
		{rows.Schedule{Every: -1e9}, "every", "1s"},
		{rows.Schedule{Every: history.Duration(MaxEvery) + 1}, "every", "87600h"},
		{rows.Schedule{Every: 1e9, Timezone: "Europe/Berlin"}, "timezone", "applies to cron only"},
		{rows.Schedule{Cron: "* * * *"}, "cron", "5 to 6 fields"},
		{rows.Schedule{Cron: "* * * * * * *"}, "cron", "5 to 6 fields"},
		{rows.Schedule{Cron: "61 * * * *"}, "cron", "above maximum"},
		{rows.Schedule{Cron: "*/0 * * * *"}, "cron", "positive"},
		{rows.Schedule{Cron: "5-1 * * * *"}, "cron", "beyond its end"},
		{rows.Schedule{Cron: "L * * * *"}, "cron", "minute has \"L\""},
		{rows.Schedule{Cron: "* * L-3 * *"}, "cron", "day of month has \"L\""},
		{rows.Schedule{Cron: "*/90 * * * *"}, "cron", "the step 90, which is larger than its range of 60"},
		{rows.Schedule{Cron: "* */25 * * *"}, "cron", "hour has the step 25"},
		{rows.Schedule{Cron: "10-20/30 * * * *"}, "cron", "larger than its range of 11"},
		{rows.Schedule{Cron: "1,2,,3 * * * *"}, "cron", "minute has an empty item"},
		{rows.Schedule{Cron: ",1 * * * *"}, "cron", "empty item"},
		{rows.Schedule{Cron: "+5 * * * *"}, "cron", "\"+5\", which is neither a number"},
		{rows.Schedule{Cron: "-5 * * * *"}, "cron", "neither a number"},
		{rows.Schedule{Cron: "*/+5 * * * *"}, "cron", "positive"},
		{rows.Schedule{Cron: "5- * * * *"}, "cron", "neither a number"},
		{rows.Schedule{Cron: "0 0 * * 8"}, "cron", "above maximum 7"},
		{rows.Schedule{Cron: "0 0 0 * *"}, "cron", "below minimum 1"},
		{rows.Schedule{Cron: "0 0 * monday *"}, "cron", "month has \"monday\""},
		{rows.Schedule{Cron: " "}, "cron", "fields"},
		{rows.Schedule{Cron: "@every 1h"}, "cron", "every instead"},
		{rows.Schedule{Cron: " @every 1h"}, "cron", "every instead"},
		{rows.Schedule{Cron: "@noon"}, "cron", "unrecognized"},
		{rows.Schedule{Cron: "TZ=UTC"}, "cron", "timezone"},
		{rows.Schedule{Cron: "CRON_TZ=Europe/Berlin 0 0 * * *"}, "cron", "timezone"},
		{rows.Schedule{Cron: strings.Repeat("1,", 200) + " * * * *"}, "cron", "limit"},
		{rows.Schedule{Cron: "@daily", Timezone: "Europe/Atlantis"}, "timezone", "not a time zone"},
		{rows.Schedule{Cron: "@daily", Timezone: "Local"}, "timezone", "not a time zone"},
		{rows.Schedule{Cron: "@daily", Timezone: "../../etc/passwd"}, "timezone", "not a time zone"},
		{rows.Schedule{Cron: "@daily", Timezone: "/etc/localtime"}, "timezone", "not a time zone"},
		{rows.Schedule{Cron: "@daily", Timezone: strings.Repeat("x", 101)}, "timezone", "not a time zone"},
	} {
		_, err := Parse(&c.s)
		refusal, ok := err.(*catalog.InvalidInput)
		if !ok || refusal.Field != c.field || !strings.Contains(refusal.Reason, c.want) {
			t.Errorf("%+v: got %v, want a refusal of %s with %q", c.s, err, c.field, c.want)
		}
	}
}

// TestCalendarLeapYearEnds: the last day of a leap year passes like any other, in every zone.
func TestCalendarLeapYearEnds(t *testing.T) {
	for _, c := range []struct{ cron, zone, after, want string }{
		{"* * * * *", "Europe/Berlin", "2028-12-30T23:59:59Z", "2028-12-31T00:00:00Z"},
		{"* * * * *", "Europe/Berlin", "2028-12-31T00:00:00Z", "2028-12-31T00:01:00Z"},
		{"* * * * *", "America/New_York", "2028-12-31T23:59:00Z", "2029-01-01T00:00:00Z"},
		{"30 * * 1 *", "Europe/Berlin", "2028-12-31T12:00:00Z", "2028-12-31T23:30:00Z"},
		{"30 * * 3 *", "Australia/Lord_Howe", "2028-10-05T00:00:00Z", "2029-02-28T13:30:00Z"},
		{"*/7 * * 3,4 5,6", "Australia/Lord_Howe", "2008-05-27T19:08:28Z", "2009-03-05T13:00:00Z"},
		{"0 12 * * *", "Australia/Sydney", "2028-12-31T00:30:00Z", "2028-12-31T01:00:00Z"},
		{"0 0 1 1 *", "Europe/Berlin", "2028-12-31T12:00:00Z", "2028-12-31T23:00:00Z"},
	} {
		s := rows.Schedule{Cron: c.cron, Timezone: c.zone}
		cal, err := Parse(&s)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := cal.Next(history.At(after)).Std().UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s after %s: got %s, want %s", c.cron, c.zone, c.after, got, c.want)
		}
	}
}

// TestCalendarMovesOn: for any expression and zone, each time is later than the one before, and a
// clock of the zone showed it or jumped over it.
func TestCalendarMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := func(name string, of ...string) string { return rapid.SampledFrom(of).Draw(t, name) }
		s := rows.Schedule{
			Cron: strings.Join([]string{
				field("minute", "*", "0", "*/7", "30", "15,45", "59"), field("hour", "*", "2", "*/5", "0-3", "23"), field("day", "*", "1", "29,30,31", "*/9"),
				field("month", "*", "3,4", "9-11"), field("weekday", "*", "0", "5,6"),
			}, " "),
			Timezone: field("zone", "", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Apia"),
		}
		cal, err := Parse(&s)
		if err != nil {
			t.Fatal(err)
		}
		at := history.Time(rapid.Int64Range(1_200_000_000, 1_900_000_000).Draw(t, "from") * 1e9)
		for range 20 {
			next := cal.Next(at)
			if next <= at {
				t.Fatalf("%s in %s: after %s comes %s", s.Cron, s.Timezone, at, next)
			}
			if between := cal.Between(at, next, 2); len(between) > 1 || len(between) == 1 && between[0] != at {
				t.Fatalf("%s in %s: between %s and %s there are %s", s.Cron, s.Timezone, at, next, between)
			}
			at = next
		}
	})
}

func FuzzCalendar(f *testing.F) {
	for _, cron := range []string{"0 0 * * *", "@hourly", "*/5 1-3 29 2 mon", "TZ=", "? ? ? ? ?", ",", "1/1 * * * *"} {
		f.Add(cron, "Europe/Berlin", int64(1_774_000_000e9))
	}
	f.Fuzz(func(t *testing.T, cron, zone string, from int64) {
		cal, err := Parse(&rows.Schedule{Cron: cron, Timezone: zone})
		if err != nil {
			return
		}
		at := history.Time(from)
		for range 50 {
			next := cal.Next(at)
			if next == 0 {
				return
			}
			if next <= at {
				t.Fatalf("after %s comes %s", at, next)
			}
			at = next
		}
	})
}

// A schedule with several definitions fires at the times of each, once where they coincide, and its
// errors say which of them is wrong.
func TestSeveralDefinitions(t *testing.T) {
	s := rows.Schedule{Cron: "0 9 * * mon-fri", Timezone: "Europe/Berlin", Also: []rows.Timing{{Cron: "0 12 * * sat"}, {Every: history.Duration(24 * time.Hour)}, {Cron: "0 0 * * *"}}}
	cal, err := Parse(&s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	from := history.At(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)) // a Friday
	for _, at := range cal.Between(from, from.Add(72*time.Hour), 100) {
		got = append(got, at.Std().Format("02T15:04"))
	}
	if want := "02T00:00 02T08:00 03T00:00 03T12:00 04T00:00"; strings.Join(got, " ") != want {
		t.Errorf("fires at %s, want %s", strings.Join(got, " "), want)
	}
	s.EndsAt = history.At(time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC))
	if cal, err = Parse(&s); err != nil || cal.Next(s.EndsAt) != 0 || cal.Next(s.EndsAt-1) != s.EndsAt {
		t.Errorf("it does not end with %s: %v", s.EndsAt, err)
	}
	for want, also := range map[string]rows.Timing{
		"also[1].cron: is \"61 * * * *\"": {Cron: "61 * * * *"},
		"also[1].every: is missing":       {},
		"also[1].timezone: \"Mars\"":      {Cron: "@daily", Timezone: "Mars"},
	} {
		s.Also[1] = also
		if _, err := Parse(&s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", also, err, want)
		}
	}
	s.Also = make([]rows.Timing, 10)
	if _, err := Parse(&s); err == nil || !strings.Contains(err.Error(), "also: has 10 definitions of times, the limit is 9") {
		t.Errorf("ten more: %v", err)
	}
}
