package main

import (
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
