package main

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

func TestMoments(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "", "2h": "2026-01-31T10:00:00Z", "30d": "2026-01-01T12:00:00Z", "0s": "2026-01-31T12:00:00Z",
		"2026-01-30T12:00:00.5+01:00": "2026-01-30T12:00:00.5+01:00",
	} {
		if err := (moments{"from": &text}).read(now); err != nil || text != want {
			t.Errorf("got %q, %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-1h", "1.5d", "-3d", "99999999d", "2026-01-30", "d"} {
		var wrong *usageError
		if err := (moments{"from": &text}).read(now); !errors.As(err, &wrong) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", time.Minute: "1m", 90 * time.Second: "1m30s", time.Hour: "1h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 100 * time.Millisecond: "100ms", 10 * time.Hour: "10h", 10 * time.Minute: "10m", 20 * time.Second: "20s",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is %s", d, got)
		}
	}
}

// TestTimesOfTables: a terminal has room for spans, a pipe for times, and a time has its zone.
func TestTimesOfTables(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	screen, pipe := &page{Writer: &bytes.Buffer{}, width: 80}, &page{Writer: &bytes.Buffer{}}
	for at, want := range map[time.Duration]string{
		30 * time.Second: "in 30s", 90 * time.Minute: "in 1h30m", 47 * time.Hour: "in 47h", 49 * time.Hour: "in 2d", -time.Hour: "now",
	} {
		if got := coming(screen, now.Add(at), now); got != want {
			t.Errorf("%s ahead is %q on a terminal, want %q", at, got, want)
		}
		if got, err := time.Parse(time.RFC3339, coming(pipe, now.Add(at), now)); err != nil || !got.Equal(now.Add(at)) {
			t.Errorf("%s ahead is %v in a pipe, %v", at, got, err)
		}
		if got, err := time.Parse(time.RFC3339, past(pipe, now.Add(-at), now)); err != nil || !got.Equal(now.Add(-at)) {
			t.Errorf("%s ago is %v in a pipe, %v", at, got, err)
		}
	}
	if got := past(screen, now.Add(-time.Hour), now); got != "1h ago" {
		t.Errorf("an hour ago is %q", got)
	}
	if got := past(pipe, time.Time{}, now); got != "" {
		t.Errorf("no time is %q", got)
	}
}
