package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// BatchOp is what a batch does to each of its runs. Numbers are never reused.
type BatchOp uint8

// The operations. Another one is added here, in Takes, in fsm/run_batch_act.go, and in the engine
// if it needs a proof before the log.
const (
	BatchCancel    BatchOp = 1
	BatchTerminate BatchOp = 2
	BatchPause     BatchOp = 3
	BatchResume    BatchOp = 4
	BatchSignal    BatchOp = 5
	BatchReopen    BatchOp = 6
	BatchMove      BatchOp = 7
	BatchReset     BatchOp = 8
)

var batchOps = [...]string{BatchCancel: "cancel", BatchTerminate: "terminate", BatchPause: "pause", BatchResume: "resume", BatchSignal: "signal", BatchReopen: "reopen", BatchMove: "move", BatchReset: "reset"}

// String is the name that users see.
func (o BatchOp) String() string {
	if int(o) < len(batchOps) && o > 0 {
		return batchOps[o]
	}
	return "unknown"
}

// ParseBatchOp is the reverse of String.
func ParseBatchOp(name string) (BatchOp, bool) {
	for o, n := range batchOps {
		if n == name && n != "" {
			return BatchOp(o), true
		}
	}
	return 0, false
}

// Takes are the statuses of runs to which the operation is done; others are passed over.
func (o BatchOp) Takes() []history.Status {
	switch o {
	case BatchResume:
		return []history.Status{history.StatusPaused}
	case BatchReopen:
		return []history.Status{history.StatusFailed, history.StatusCancelled, history.StatusTerminated, history.StatusTimedOut}
	case BatchReset:
		return []history.Status{history.StatusRunning, history.StatusPaused, history.StatusCompleted, history.StatusFailed, history.StatusCancelled, history.StatusTerminated, history.StatusTimedOut}
	}
	return []history.Status{history.StatusRunning, history.StatusPaused}
}

// BatchStatus says how a batch stands. Numbers are never reused.
type BatchStatus uint8

// The statuses.
const (
	BatchRunning   BatchStatus = 1
	BatchCompleted BatchStatus = 2
	BatchStopped   BatchStatus = 3
)

// String is the name that users see.
func (s BatchStatus) String() string {
	return [...]string{"unknown", "running", "completed", "stopped"}[min(s, BatchStopped)]
}

// BatchSpec is what a batch is to do.
type BatchSpec struct {
	Op      BatchOp         `cbor:"1,keyasint"`
	Where   []Condition     `cbor:"2,keyasint,omitempty"` // runs that meet all of these, and started before the batch
	DryRun  bool            `cbor:"3,keyasint,omitempty"` // only count them
	Rate    uint64          `cbor:"4,keyasint"`           // runs a second, at most
	Reason  string          `cbor:"5,keyasint,omitempty"`
	Signal  string          `cbor:"6,keyasint,omitempty"` // its name
	Payload history.Payload `cbor:"7,keyasint,omitempty"`
	Waiting uint64          `cbor:"8,keyasint,omitempty"` // signals that may wait at a run, as SignalRun.MaxWaiting
	To      catalog.Version `cbor:"9,keyasint,omitzero"`  // of a move, or on which runs that are reset go on; zero = on their own

	Point       string          `cbor:"20,keyasint,omitempty"` // of a reset: a turn, or a word for one
	Before      catalog.Version `cbor:"21,keyasint,omitzero"`  // of a reset: the last turn before the run was moved to it
	DropSignals bool            `cbor:"22,keyasint,omitempty"` // of a reset
}

// Batch is the row of one batch. Types and Space are what its starter may touch.
type Batch struct {
	ID      string    `cbor:"1,keyasint"`
	Spec    BatchSpec `cbor:"2,keyasint"`
	Space   string    `cbor:"3,keyasint,omitempty"`
	Limited bool      `cbor:"4,keyasint,omitempty"` // to types with one of these prefixes
	Types   []string  `cbor:"5,keyasint,omitempty"`
	Actor   string    `cbor:"6,keyasint,omitempty"`

	Status BatchStatus  `cbor:"7,keyasint"`
	Since  history.Time `cbor:"8,keyasint"`
	Index  uint64       `cbor:"9,keyasint"`            // log index at which it began
	Ended  history.Time `cbor:"10,keyasint,omitempty"` // 0 = it runs

	Below  uint64 `cbor:"11,keyasint"`           // the cursor: runs with lower serials are still to be looked at
	Found  uint64 `cbor:"12,keyasint,omitempty"` // runs that met the conditions
	Done   uint64 `cbor:"13,keyasint,omitempty"`
	Failed uint64 `cbor:"14,keyasint,omitempty"`
	Listed uint64 `cbor:"15,keyasint,omitempty"` // failures that are kept
}

// BatchFailure is a run to which the operation could not be done.
type BatchFailure struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	Code       string        `cbor:"3,keyasint"` // as of the operation by itself
	Detail     string        `cbor:"4,keyasint"` // as people of its namespace read it
}

// BatchKey is the key of a batch.
func BatchKey(id string) []byte { return append(append(Key(FamilyBatch), 'b'), id...) }

// BatchFailurePrefix is what the keys of the failures of a batch begin with.
func BatchFailurePrefix(id string) []byte {
	return append(append(append(Key(FamilyBatch), 'f'), id...), 0)
}

// BatchFailureKey is the key of the nth failure of a batch.
func BatchFailureKey(id string, n uint64) []byte { return AppendU64(BatchFailurePrefix(id), n) }
