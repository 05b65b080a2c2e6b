package faults

import "time"

// Control is what a node is to suffer, as JSON in the file that AION_FAULTS names. The zero Control
// is health.
type Control struct {
	Offset time.Duration `json:"offset,omitempty"` // what the wall clock is ahead
	Rate   float64       `json:"rate,omitempty"`   // how fast both clocks run; 0 = 1
	Disk   Disk          `json:"disk,omitzero"`
	Power  Power         `json:"power,omitzero"`
	Room   uint64        `json:"room,omitempty"` // bytes that the disk seems to have left; 0 = as many as there are

	// Thresholds of raft's snapshots, read once, at the start; 0 = as configured.
	SnapshotEntries uint64        `json:"snapshot_entries,omitempty"`
	TrailingEntries uint64        `json:"trailing_entries,omitempty"`
	SnapshotEvery   time.Duration `json:"snapshot_every,omitempty"`
}

// Power says what the next kill -9 is to take away.
type Power struct {
	Watch bool   `json:"watch,omitempty"` // note from now on, until the process ends, how to undo what is not synced
	Lose  uint64 `json:"lose,omitempty"`  // read once, at the start: the process before has lost its power, and this is the seed of what a disk kept; 0 = it has only died
	All   bool   `json:"all,omitempty"`   // and its disk kept nothing that was not synced
}

// Disk is what goes wrong with files.
type Disk struct {
	Area  Area `json:"area,omitempty"` // empty = everywhere
	Fault Kind `json:"fault,omitempty"`
	After int  `json:"after,omitempty"` // how many operations of the kind go well before
}

// Kind is what goes wrong.
type Kind string

// The kinds.
const (
	Full   Kind = "full"   // writes fail with ENOSPC
	Unsync Kind = "unsync" // fsync fails with EIO
	Short  Kind = "short"  // a write takes half of its bytes and fails with ENOSPC
	Hang   Kind = "hang"   // writes and fsyncs block until this is over

	Stalled Kind = "stall" // no entry is applied until this is over, while the log goes on
)

// Area is a part of a node's data.
type Area string

// The areas.
const (
	Log      Area = "log"      // the raft log's segments and the list of them
	Vote     Area = "vote"     // the stable store
	State    Area = "state"    // Pebble
	Blob     Area = "blob"     // archives
	Snapshot Area = "snapshot" // raft's snapshots
)
