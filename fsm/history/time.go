package history

import (
	"fmt"
	"strings"
	"time"
)

// Time is log time: nanoseconds since the Unix epoch as stamped into an entry by the leader. It
// never goes back along the log.
type Time int64

// At converts a wall-clock time.
func At(t time.Time) Time { return Time(t.UnixNano()) }

// Std returns t as a UTC time.Time.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// Add returns t moved by d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// String is RFC 3339 in UTC with the nanoseconds that are there.
func (t Time) String() string { return t.Std().Format(time.RFC3339Nano) }

// MarshalJSON writes t as an RFC 3339 string.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalJSON is the reverse of MarshalJSON.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' {
		return fmt.Errorf("time %s is no RFC 3339 string", b)
	}
	std, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	*t = At(std)
	return err
}

// Duration is a span of time that users write and read as a Go duration string ("72h", "1m30s").
type Duration int64

// BeyondDuration reports whether text is a duration that is only too long.
func BeyondDuration(text string) bool {
	digits := func(c rune) rune {
		if c >= '1' && c <= '9' {
			return '0'
		}
		return c
	}
	_, err := time.ParseDuration(strings.Map(digits, text))
	return err == nil && strings.ContainsAny(text, "hmsun")
}

// Std returns d as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is the Go duration string.
func (d Duration) String() string { return d.Std().String() }

// MarshalText writes the Go duration string.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (d *Duration) UnmarshalText(b []byte) error {
	std, err := time.ParseDuration(string(b))
	*d = Duration(std)
	return err
}
