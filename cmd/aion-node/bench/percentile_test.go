package bench

import (
	"context"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i+1) * time.Millisecond
	}
	for _, c := range []struct {
		of   []time.Duration
		q    float64
		want float64
	}{
		{nil, 0.5, 0},
		{hundred[:1], 0.5, 1},
		{hundred[:1], 0.99, 1},
		{hundred[:2], 0.5, 1},
		{hundred[:3], 0.5, 2},
		{hundred, 0.5, 50},
		{hundred, 0.9, 90},
		{hundred, 0.99, 99},
		{hundred, 1, 100},
		{hundred, 0, 1},
		{[]time.Duration{1234567 * time.Nanosecond}, 0.5, 1.235},
	} {
		if got := quantile(c.of, c.q); got != c.want {
			t.Errorf("quantile %v of %d latencies is %v ms, want %v", c.q, len(c.of), got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		before := append([]float64{}, c.of...)
		if got := median(c.of); got != c.want {
			t.Errorf("the median of %v is %v, want %v", before, got, c.want)
		}
		for i := range before {
			if c.of[i] != before[i] {
				t.Errorf("the median sorted what it was given: %v", c.of)
			}
		}
	}
	if got := spreadOf([]float64{2, 7, 1}); got != (Spread{1, 7}) {
		t.Errorf("the spread is %v", got)
	}
}

func TestTallyCountsWhatEndsAfterTheWarmUp(t *testing.T) {
	c := tally{}
	fine := func(context.Context) error { return nil }
	c.call(t.Context(), fine, time.Now().Add(time.Hour)) // the warm-up goes on for an hour
	c.call(t.Context(), fine, time.Now())
	c.call(t.Context(), func(context.Context) error { return errEnded }, time.Now())
	s := c.sample(2 * time.Second)
	if s.Runs != 1 || s.Errors != 1 || s.FirstError != errEnded.Error() || s.PerSecond != 0.5 {
		t.Errorf("the sample is %+v", s)
	}
}
