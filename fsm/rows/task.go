package rows

import "aion.dev/aion/fsm/history"

// TaskState is where a task stands.
type TaskState uint8

// The states of a task.
const (
	TaskOffered TaskState = 1 // a worker may take it
	TaskBackoff TaskState = 2 // an attempt failed; it is offered again at Due
	TaskLeased  TaskState = 3 // a worker holds an attempt
	TaskGivenUp TaskState = 4 // a worker holds an attempt that nobody waits for any more: it is told with its next heartbeat
)

// Task is an activity on its way to its one outcome: what workers take, hold and answer. Its input
// is in the ActivityScheduled event at Seq.
type Task struct {
	RunID     history.RunID     `cbor:"1,keyasint"`
	ID        uint64            `cbor:"2,keyasint"` // ordinal within the run
	Seq       uint64            `cbor:"3,keyasint"` // of its ActivityScheduled
	Activity  string            `cbor:"4,keyasint"`
	Queue     string            `cbor:"5,keyasint"`
	Retry     *history.Retry    `cbor:"6,keyasint,omitempty"`
	Timeout   history.Duration  `cbor:"7,keyasint,omitempty"` // of one attempt; 0 = none
	Heartbeat history.Duration  `cbor:"8,keyasint,omitempty"` // longest silence of a worker; 0 = the lease that it took
	Schedule  history.Duration  `cbor:"9,keyasint,omitempty"` // longest wait for a worker; 0 = none
	State     TaskState         `cbor:"10,keyasint"`
	Attempt   uint32            `cbor:"11,keyasint,omitempty"` // of the newest lease; never used twice, also across reopening
	Failures  uint32            `cbor:"12,keyasint,omitempty"` // attempts that failed, or were lost
	OfferedAt history.Time      `cbor:"13,keyasint,omitempty"`
	Due       history.Time      `cbor:"14,keyasint,omitempty"` // when its clock fires, by state: schedule timeout, end of back-off, end of lease or attempt, but no later than the end of Total; 0 = never
	Worker    string            `cbor:"15,keyasint,omitempty"`
	StartedAt history.Time      `cbor:"16,keyasint,omitempty"` // of the newest lease
	Lease     history.Duration  `cbor:"17,keyasint,omitempty"` // longest silence of this worker
	Details   history.Payload   `cbor:"18,keyasint,omitempty"` // of the newest heartbeat; the next attempt gets them
	Failure   *history.RunError `cbor:"19,keyasint,omitempty"` // of the newest failed or lost attempt

	OfferIndex uint64 `cbor:"20,keyasint,omitempty"` // its place among the offers of its queue
	OfferN     uint32 `cbor:"21,keyasint,omitempty"`

	Backoff history.Duration `cbor:"22,keyasint,omitempty"` // before the newest retry, without jitter: the next one grows from it
	Before  uint32           `cbor:"23,keyasint,omitempty"` // attempts up to this one were made, by any step, before the run was reopened

	Total       history.Duration `cbor:"24,keyasint,omitempty"` // of all attempts, with the waits before and between them; 0 = none
	ScheduledAt history.Time     `cbor:"25,keyasint,omitempty"` // with Total: from when on it counts
	Rules       uint64           `cbor:"26,keyasint,omitempty"` // of history.Rules, by which it was asked for: 0 = lost leases are no failures

	CancelAsked bool `cbor:"27,keyasint,omitempty"` // the worker that holds it is to be told; there is no further attempt

	Deferred bool `cbor:"30,keyasint,omitempty"` // its worker has let go of the attempt: the outcome comes from elsewhere. Level 5
}

// TaskKey is the key of a task, by the serial of its run.
func TaskKey(serial, id uint64) []byte { return PairKey(FamilyTask, serial, id) }

// Place is where the task stands among the offers of its queue.
func (task *Task) Place() Place { return Place{task.OfferIndex, task.OfferN} }
