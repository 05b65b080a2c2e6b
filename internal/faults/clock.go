//go:build aionfaults

package faults

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Injected reports whether this build can inject faults.
const Injected = true

// drift is how far both clocks are ahead of the machine's because they ran faster or slower.
var drift struct {
	sync.Mutex
	sum  time.Duration
	last time.Time
}

// Now returns the time that the node sees, with its monotonic reading. It never runs backwards,
// whatever the rate.
func Now() time.Time {
	rate := 1.0
	if c := current(); c.Rate > 0 {
		rate = c.Rate
	}
	drift.Lock()
	defer drift.Unlock()
	now := time.Now()
	if !drift.last.IsZero() {
		drift.sum += time.Duration(float64(now.Sub(drift.last)) * (rate - 1))
	}
	drift.last = now
	return now.Add(drift.sum)
}

// Wall returns what the wall clock showed at t, for comparison with other machines.
func Wall(t time.Time) time.Time { return t.Round(0).Add(current().Offset) }

// Snapshots sets the thresholds that the control file requests.
func Snapshots(rc *raft.Config) {
	c := current()
	if c.SnapshotEntries > 0 {
		rc.SnapshotThreshold = c.SnapshotEntries
	}
	if c.TrailingEntries > 0 {
		rc.TrailingLogs = c.TrailingEntries
	}
	if c.SnapshotEvery > 0 {
		rc.SnapshotInterval = c.SnapshotEvery
	}
}
