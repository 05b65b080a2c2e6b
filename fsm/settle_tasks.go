package fsm

import "aion.dev/aion/engine/history"

// CompleteTasks records the outcomes of attempts, each on its own: the answer says of each whether it counted.
type CompleteTasks struct {
	Results []TaskOutput `cbor:"1,keyasint"` // at most 1,000
}

// TaskOutput is what an attempt returned.
type TaskOutput struct {
	Token  TaskToken       `cbor:"1,keyasint"`
	Output history.Payload `cbor:"2,keyasint,omitempty"`
}

// FailTasks records failed attempts, each on its own. Whether a task is tried again follows from Error.Retryable and the retry policy it was scheduled with.
type FailTasks struct {
	Results []TaskFailure `cbor:"1,keyasint"` // at most 1,000
}

// TaskFailure is how an attempt failed.
type TaskFailure struct {
	Token  TaskToken        `cbor:"1,keyasint"`
	Error  history.RunError `cbor:"2,keyasint"`
	Jitter uint32           `cbor:"3,keyasint,omitempty"` // drawn before the log: spreads retries
}

// BeatTasks prolongs leases, each on its own.
type BeatTasks struct {
	Beats []TaskBeat `cbor:"1,keyasint"` // at most 1,000
}

// TaskBeat says that a worker still has an attempt in hand.
type TaskBeat struct {
	Token   TaskToken       `cbor:"1,keyasint"`
	Details history.Payload `cbor:"2,keyasint,omitempty"` // empty = as they were
}

// ReleaseTasks gives attempts back that never reached a worker, or that a worker will not carry out: they are offered again at once, in their old place, and count as no failure.
type ReleaseTasks struct {
	Tokens []TaskToken `cbor:"1,keyasint"` // at most 1,000
}

// TaskAnswer has one reply for each token, in the order asked.
type TaskAnswer struct {
	Replies []TaskReply `cbor:"1,keyasint"`
}

// TaskReply says what became of one token.
type TaskReply struct {
	Lost   string `cbor:"1,keyasint,omitempty"` // why the attempt is not the worker's any more (code lease_lost); empty = it counted
	Cancel bool   `cbor:"2,keyasint,omitempty"` // of heartbeats: nobody waits for the outcome any more
}

// Kind implements Command.
func (*CompleteTasks) Kind() Kind { return KindCompleteTasks }
func (*FailTasks) Kind() Kind     { return KindFailTasks }
func (*BeatTasks) Kind() Kind     { return KindBeatTasks }
func (*ReleaseTasks) Kind() Kind  { return KindReleaseTasks }
func (*TaskAnswer) answer()       {}

func (c *CompleteTasks) apply(t *step) (Answer, Refusal) { panic("being built") }
func (c *FailTasks) apply(t *step) (Answer, Refusal)     { panic("being built") }
func (c *BeatTasks) apply(t *step) (Answer, Refusal)     { panic("being built") }
func (c *ReleaseTasks) apply(t *step) (Answer, Refusal)  { panic("being built") }

// Task implements View.
func (p *picture) Task(id history.RunID, ordinal uint64) (Task, bool) { panic("being built") }

// Tasks implements View.
func (p *picture) Tasks(id history.RunID, from uint64, limit int) []Task { panic("being built") }

// Offered implements View.
func (p *picture) Offered(queue string, activities []string) (history.Time, bool) {
	panic("being built")
}
