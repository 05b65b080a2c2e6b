package logstore

import (
	"sync/atomic"
	"time"
)

// Durations counts durations in buckets, for a histogram. Any goroutine may use it.
type Durations struct {
	counts [len(bounds) + 1]atomic.Uint64 // by the first bound that is not below; the last is for those above all
	sum    atomic.Int64                   // nanoseconds
}

// bounds are those of a disk: from one that does not wait for the medium to one that hangs.
var bounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second,
}

func (d *Durations) add(took time.Duration) {
	at := 0
	for at < len(bounds) && took > bounds[at] {
		at++
	}
	d.counts[at].Add(1)
	d.sum.Add(int64(took))
}

// Histogram returns how many there were, their sum in seconds, and for each bound, in seconds, how
// many were not above it.
func (d *Durations) Histogram() (count uint64, sum float64, below map[float64]uint64) {
	below = map[float64]uint64{}
	for i := range d.counts {
		count += d.counts[i].Load()
		if i < len(bounds) {
			below[bounds[i].Seconds()] = count
		}
	}
	return count, time.Duration(d.sum.Load()).Seconds(), below
}
