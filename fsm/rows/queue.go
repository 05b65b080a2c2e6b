package rows

import "aion.dev/aion/fsm/history"

// Queue is where workers of one kind find tasks. It exists while it has limits or tasks.
type Queue struct {
	Name   string      `cbor:"1,keyasint"`
	Limits QueueLimits `cbor:"2,keyasint,omitzero"`

	Offered uint64 `cbor:"3,keyasint,omitempty"` // tasks that a worker may take
	Backoff uint64 `cbor:"4,keyasint,omitempty"` // tasks that wait to be offered again
	Leased  uint64 `cbor:"5,keyasint,omitempty"` // attempts in the hands of workers, given up ones too

	Free history.Time `cbor:"6,keyasint,omitempty"` // state of the rate limit: the time up to which its leases are used up
}

// QueueLimits bound a queue. Zero fields do not; Stopped stands for a concurrency of 0.
type QueueLimits struct {
	Concurrency uint64           `cbor:"1,keyasint,omitempty"` // attempts in the hands of workers at a time
	Rate        uint64           `cbor:"2,keyasint,omitempty"` // attempts begun in each Per
	Per         history.Duration `cbor:"3,keyasint,omitempty"` // with Rate
	Burst       uint64           `cbor:"4,keyasint,omitempty"` // attempts begun at once after a quiet time; 0 = Rate
	Stopped     bool             `cbor:"5,keyasint,omitempty"` // no attempt begins; Concurrency is 0
}

// Of is the count in which tasks of a state are.
func (q *Queue) Of(s TaskState) *uint64 {
	switch s {
	case TaskOffered:
		return &q.Offered
	case TaskBackoff:
		return &q.Backoff
	}
	return &q.Leased
}

// Empty reports whether the queue has neither limits nor tasks, and so no row.
func (q *Queue) Empty() bool {
	return q.Limits == QueueLimits{} && q.Offered == 0 && q.Backoff == 0 && q.Leased == 0
}
