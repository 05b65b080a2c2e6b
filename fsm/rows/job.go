package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// JobKind is what a job does.
type JobKind uint8

// The kinds of jobs. Numbers are never reused.
const (
	JobCloseTree JobKind = 1
	JobStop      JobKind = 2 // pauses the runs of what is stopped; level 5
	JobLift      JobKind = 3 // resumes the runs that a stop has paused
)

var jobNames = [...]string{JobCloseTree: "close_tree", JobStop: "stop", JobLift: "lift_stop"}

// String is the name that users see.
func (k JobKind) String() string {
	if int(k) < len(jobNames) {
		return jobNames[k]
	}
	return "unknown"
}

// Job is the row of one job.
type Job struct {
	ID         uint64        `cbor:"1,keyasint"` // 1, 2, 3... in order of beginning
	Kind       JobKind       `cbor:"2,keyasint"`
	WorkflowID string        `cbor:"3,keyasint"` // of the run whose end began it
	RunID      history.RunID `cbor:"4,keyasint"`
	Since      history.Time  `cbor:"5,keyasint"`
	Index      uint64        `cbor:"6,keyasint"`           // log index at which it began
	First      uint64        `cbor:"7,keyasint,omitempty"` // the cursor: place of the first run in line
	End        uint64        `cbor:"8,keyasint,omitempty"` // place after the last
	Closed     uint64        `cbor:"9,keyasint,omitempty"` // runs that it has closed so far

	// Of a stop, and of one that is lifted: First is the serial from which on runs are still to be
	// looked at, and End is the one before which they began.
	Type    string          `cbor:"10,keyasint,omitempty"` // one of both is set
	Version catalog.Version `cbor:"11,keyasint,omitzero"`
	Space   string          `cbor:"12,keyasint,omitempty"`
	Via     history.Status  `cbor:"13,keyasint,omitempty"` // the runs are found among all of this status; 0 = among those of the type or version
	Changed uint64          `cbor:"14,keyasint,omitempty"` // runs that it has paused or resumed so far
}

// Waiting is how many closed runs are in line. Runs below them that are still open are not counted:
// nobody knows them yet.
func (j *Job) Waiting() uint64 { return j.End - j.First }

// JobKey is the key of a job.
func JobKey(id uint64) []byte { return NumberKey(FamilyJob, id) }

// LineKey is the key of a closed run that waits in the line of a job.
func LineKey(id, place uint64) []byte { return PairKey(FamilyLine, id, place) }
