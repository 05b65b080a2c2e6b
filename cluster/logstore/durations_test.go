package logstore

import (
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	var d Durations
	for _, took := range []time.Duration{0, 100 * time.Microsecond, 101 * time.Microsecond, 3 * time.Millisecond, time.Minute} {
		d.add(took)
	}
	count, sum, below := d.Histogram()
	if count != 5 || sum < 60 || sum > 60.01 {
		t.Errorf("%d durations of %v s", count, sum)
	}
	for bound, want := range map[float64]uint64{.0001: 2, .00025: 3, .0025: 3, .005: 4, 5: 4} {
		if below[bound] != want {
			t.Errorf("%d are not above %v s, want %d", below[bound], bound, want)
		}
	}
}
