//go:build aionfaults

package faults

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Injected tells whether this build can have faults at all.
const Injected = true

// drift is how far both clocks are ahead of the machine's for having run faster or slower.
var drift struct {
	sync.Mutex
	sum  time.Duration
	last time.Time
}

// Now is the time of this machine as it is shown to the node, with its monotonic reading. It never
// runs back, whatever the rate.
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

// Wall is what the wall clock showed at t, for comparing with other machines.
func Wall(t time.Time) time.Time { return t.Round(0).Add(current().Offset) }

// Snapshots sets the thresholds that the control file asks for.
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
