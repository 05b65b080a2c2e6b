package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// moments are flags with a time, by flag name: RFC 3339, or how long ago.
type moments map[string]*string

const momentHelp = "an RFC 3339 time, or how long ago it was, such as 2h or 7d"

// read converts the flags to RFC 3339.
func (m moments) read(now time.Time) error {
	for flag, text := range m {
		if *text == "" {
			continue
		}
		if t, err := time.Parse(time.RFC3339Nano, *text); err == nil {
			*text = t.Format(time.RFC3339Nano)
			continue
		}
		d, err := days(*text)
		if err != nil || d < 0 {
			return usage("--%s %q is neither an RFC 3339 time nor how long ago it was, such as 2h", flag, *text)
		}
		*text = now.Add(-d).UTC().Format(time.RFC3339Nano)
	}
	return nil
}

// days parses a Go duration, or a whole number of days: 30d.
func days(text string) (time.Duration, error) {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.ParseUint(n, 10, 32); err == nil && days <= 100*366 {
			return time.Duration(days) * 24 * time.Hour, nil
		}
	}
	return time.ParseDuration(text)
}

// stamp formats a time for people: RFC 3339 in the local zone, which flags with a time accept.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02T15:04:05Z07:00") }

// exact is stamp with milliseconds, for times that are close together.
func exact(t time.Time) string { return t.Local().Format("2006-01-02T15:04:05.000Z07:00") }

// past formats when something was, in a table: on a terminal how long ago, elsewhere and with
// --wide the time itself, for which there is room.
func past(w io.Writer, t, now time.Time) string {
	if p, ok := w.(*page); ok && p.width > 0 {
		return ago(t, now)
	}
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// coming formats when something will be, in a table: on a terminal how far ahead, elsewhere and
// with --wide the time itself.
func coming(w io.Writer, t, now time.Time) string {
	if p, ok := w.(*page); !ok || p.width == 0 {
		return stamp(t)
	}
	d := t.Sub(now)
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("in %dd", d/(24*time.Hour))
	case d >= time.Hour:
		return "in " + span(d.Round(time.Minute))
	}
	return ahead(t, now)
}

// span formats a duration without Go's trailing zeros: 1h30m, not 1h30m0s.
func span(d time.Duration) string {
	text := d.String()
	if short, ok := strings.CutSuffix(text, "m0s"); ok {
		text = short + "m"
	}
	if short, ok := strings.CutSuffix(text, "h0m"); ok {
		text = short + "h"
	}
	return text
}
