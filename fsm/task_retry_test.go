package fsm

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"aion.dev/aion/fsm/history"
)

// Back-offs grow by the factor up to the longest, whatever a policy says.
func TestBackoff(t *testing.T) {
	const s, ever = history.Duration(time.Second), history.Duration(math.MaxInt64)
	for _, tt := range []struct {
		name string
		p    history.Retry
		want []history.Duration
	}{
		{"defaults", history.Retry{}, []history.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 60 * s, 60 * s}},
		{"thirds", history.Retry{Backoff: 9, Factor: 1.0 / 3, MaxBackoff: s}, []history.Duration{9, 3, 1, 1, 1}},
		{"half steps", history.Retry{Backoff: 10, Factor: 1.5, MaxBackoff: 40}, []history.Duration{10, 15, 22, 33, 40}},
		{"constant", history.Retry{Backoff: 5 * s, Factor: 1}, []history.Duration{5 * s, 5 * s, 5 * s}},
		{"longest first", history.Retry{Backoff: 5 * s, MaxBackoff: 2 * s}, []history.Duration{2 * s, 2 * s}},
		{"for ever", history.Retry{Backoff: ever, Factor: 1e300, MaxBackoff: ever}, []history.Duration{ever, ever}},
		{"no number", history.Retry{Factor: math.NaN()}, []history.Duration{s, 60 * s}},
		{"endless", history.Retry{Factor: math.Inf(1)}, []history.Duration{s, 60 * s}},
		{"backwards", history.Retry{Factor: -3}, []history.Duration{s, 1, 1}},
		{"before now", history.Retry{Backoff: -5, MaxBackoff: -7}, []history.Duration{0, 0}},
	} {
		last := history.Duration(0)
		for i, want := range tt.want {
			if last = nextBackoff(&tt.p, last); last != want {
				t.Errorf("%s: wait %d is %s, want %s", tt.name, i+1, last, want)
			}
		}
	}
}

// Jitter adds up to a tenth, and nothing to what cannot grow.
func TestJitter(t *testing.T) {
	for _, tt := range []struct {
		d      history.Duration
		jitter uint32
		want   history.Duration
	}{
		{1000, 0, 1000}, {1000, 1 << 31, 1050}, {1000, math.MaxUint32, 1099}, {9, math.MaxUint32, 9}, {0, math.MaxUint32, 0},
		{math.MaxInt64, math.MaxUint32, math.MaxInt64}, {history.Duration(time.Hour), 1 << 30, history.Duration(time.Hour + 90*time.Second)},
	} {
		if got := jittered(tt.d, tt.jitter); got != tt.want {
			t.Errorf("%d with jitter %d is %d, want %d", tt.d, tt.jitter, got, tt.want)
		}
	}
	seen := map[uint32]bool{}
	for i := range maxFired {
		seen[spread(5, i)] = true
	}
	if len(seen) != maxFired {
		t.Errorf("%d different jitters from one", len(seen))
	}
}

// What is kept of a failure beside a task is short and still text.
func TestBrief(t *testing.T) {
	e := history.RunError{Kind: strings.Repeat("k", 5000), Message: strings.Repeat("x", maxText-1) + "äöü", Details: history.Payload(`"big"`), Retryable: true}
	b := brief(e)
	if len(b.Kind) != maxText || b.Message != strings.Repeat("x", maxText-1) || b.Details != nil || !b.Retryable {
		t.Errorf("kept %d and %d bytes, details %s", len(b.Kind), len(b.Message), b.Details)
	}
	for _, s := range []string{strings.Repeat("ä", 3000), strings.Repeat("a€", 3000), strings.Repeat("\U0001f600", 3000)} {
		if c := cut(s); !utf8.ValidString(c) || len(c) > maxText || len(c) < maxText-3 || !strings.HasPrefix(s, c) {
			t.Errorf("%d bytes of %.8s were kept, valid: %v", len(c), s, utf8.ValidString(c))
		}
	}
	if c := cut(strings.Repeat("\xbf", 2000)); len(c) > maxText || len(c) < maxText-utf8.UTFMax {
		t.Errorf("%d bytes of no text were kept", len(c))
	}
}
