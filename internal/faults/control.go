package faults

import "time"

// Control is the set of faults that a node suffers, as JSON in the file that AION_FAULTS names. The
// zero Control means no faults.
type Control struct {
	Offset time.Duration `json:"offset,omitempty"` // how far the wall clock is ahead
	Rate   float64       `json:"rate,omitempty"`   // how fast both clocks run; 0 = 1
	Disk   Disk          `json:"disk,omitzero"`
	Power  Power         `json:"power,omitzero"`
	Room   uint64        `json:"room,omitempty"` // free bytes that the disk reports; 0 = the real number

	// Thresholds of raft's snapshots, read once, at the start; 0 = as configured.
	SnapshotEntries uint64        `json:"snapshot_entries,omitempty"`
	TrailingEntries uint64        `json:"trailing_entries,omitempty"`
	SnapshotEvery   time.Duration `json:"snapshot_every,omitempty"`
}

// Power describes what the next kill -9 loses.
type Power struct {
	// from now on until the process ends, record how to undo what is not synced
	Watch bool `json:"watch,omitempty"`
	// read once, at the start: the previous process lost its power, and this seed decides what the
	// disk kept; 0 = it only died
	Lose uint64 `json:"lose,omitempty"`
	All  bool   `json:"all,omitempty"` // the disk kept nothing that was not synced
}

// Disk is a fault of the file system.
type Disk struct {
	Area  Area `json:"area,omitempty"` // empty = everywhere
	Fault Kind `json:"fault,omitempty"`
	After int  `json:"after,omitempty"` // how many operations of the kind succeed before the fault
}

// Kind is a kind of fault.
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
