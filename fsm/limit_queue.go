package fsm

import "aion.dev/aion/engine/history"

// Queue is where workers of one kind find tasks. It exists while it has limits or tasks.
type Queue struct {
	Name   string      `cbor:"1,keyasint"`
	Limits QueueLimits `cbor:"2,keyasint,omitzero"`

	Offered uint64 `cbor:"3,keyasint,omitempty"` // tasks that a worker may take
	Backoff uint64 `cbor:"4,keyasint,omitempty"` // tasks that wait to be offered again
	Leased  uint64 `cbor:"5,keyasint,omitempty"` // attempts in the hands of workers, given up ones too

	Free history.Time `cbor:"6,keyasint,omitempty"` // state of the rate limit: the time up to which its leases are used up
}

// QueueLimits bound a queue. Zero fields do not.
type QueueLimits struct {
	Concurrency uint64           `cbor:"1,keyasint,omitempty"` // attempts in the hands of workers at a time
	Rate        uint64           `cbor:"2,keyasint,omitempty"` // attempts begun in each Per
	Per         history.Duration `cbor:"3,keyasint,omitempty"` // with Rate
	Burst       uint64           `cbor:"4,keyasint,omitempty"` // attempts begun at once after a quiet time; 0 = Rate
}

// LimitQueue sets all limits of a queue; zero limits take them away.
type LimitQueue struct {
	Queue  string      `cbor:"1,keyasint"`
	Limits QueueLimits `cbor:"2,keyasint,omitzero"`
}

// Kind implements Command.
func (*LimitQueue) Kind() Kind { return KindLimitQueue }

func (c *LimitQueue) apply(t *step) (Answer, Refusal) { panic("being built") }

// Queue implements View.
func (p *picture) Queue(name string) (Queue, bool) { panic("being built") }

// Queues implements View.
func (p *picture) Queues(after string, limit int) []Queue { panic("being built") }
