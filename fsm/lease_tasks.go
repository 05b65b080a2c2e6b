package fsm

import "aion.dev/aion/engine/history"

// LeaseTasks gives a worker the oldest tasks of a queue that it can carry out, as far as the queue's limits allow; none is no refusal.
type LeaseTasks struct {
	Queue      string           `cbor:"1,keyasint"`
	Activities []string         `cbor:"2,keyasint"` // sorted, at most 1,000
	Worker     string           `cbor:"3,keyasint"`
	Max        uint32           `cbor:"4,keyasint"` // at most 1,000
	Lease      history.Duration `cbor:"5,keyasint"` // longest silence of this worker, where the activity's own heartbeat is not shorter
}

// LeaseAnswer lists what was given.
type LeaseAnswer struct {
	Tasks []Leased `cbor:"1,keyasint,omitempty"`
}

// Leased is one attempt in the hands of a worker.
type Leased struct {
	Token      TaskToken        `cbor:"1,keyasint"`
	WorkflowID string           `cbor:"2,keyasint"`
	Type       string           `cbor:"3,keyasint"`
	Activity   string           `cbor:"4,keyasint"`
	Seq        uint64           `cbor:"5,keyasint"`           // of the ActivityScheduled that holds the input
	Deadline   history.Time     `cbor:"6,keyasint,omitempty"` // of the attempt; 0 = none
	Heartbeat  history.Duration `cbor:"7,keyasint,omitempty"` // as the workflow asked for it
	Lease      history.Duration `cbor:"8,keyasint"`           // longest silence
	Details    history.Payload  `cbor:"9,keyasint,omitempty"` // of the heartbeats of the attempt before
}

// Kind implements Command.
func (*LeaseTasks) Kind() Kind { return KindLeaseTasks }
func (*LeaseAnswer) answer()   {}

func (c *LeaseTasks) apply(t *step) (Answer, Refusal) { panic("being built") }
