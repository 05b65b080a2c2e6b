package history

// Retry says how failed attempts of an activity are repeated. The zero value does not repeat them.
type Retry struct {
	MaxAttempts  uint32   `cbor:"1,keyasint,omitempty" json:"max_attempts,omitempty"` // with Durable: 0 = no limit
	Backoff      Duration `cbor:"2,keyasint,omitempty" json:"backoff,omitempty"`
	Factor       float64  `cbor:"3,keyasint,omitempty" json:"factor,omitempty"`
	MaxBackoff   Duration `cbor:"4,keyasint,omitempty" json:"max_backoff,omitempty"`
	NonRetryable []string `cbor:"5,keyasint,omitempty" json:"non_retryable,omitempty"` // kinds
}

// ActivityScheduled offers a step to workers. ID is the ordinal of the step within the run.
type ActivityScheduled struct {
	ID              uint64   `cbor:"1,keyasint" json:"id"`
	Activity        string   `cbor:"2,keyasint" json:"activity"`
	Queue           string   `cbor:"3,keyasint" json:"queue"`
	Input           Payload  `cbor:"4,keyasint,omitempty" json:"input"`
	Retry           *Retry   `cbor:"5,keyasint,omitempty" json:"retry,omitempty"`
	Timeout         Duration `cbor:"6,keyasint,omitempty" json:"timeout,omitempty"`
	Heartbeat       Duration `cbor:"7,keyasint,omitempty" json:"heartbeat,omitempty"`
	ScheduleTimeout Duration `cbor:"8,keyasint,omitempty" json:"schedule_timeout,omitempty"`
	TotalTimeout    Duration `cbor:"9,keyasint,omitempty" json:"total_timeout,omitempty"` // of all attempts, with the waits before and between them

	OnCancel CancelPolicy `cbor:"10,keyasint,omitempty" json:"on_cancel,omitempty"`
}

// ActivityStarted says that a worker holds an attempt. Of each step the first 100 are recorded.
type ActivityStarted struct {
	ID      uint64    `cbor:"1,keyasint" json:"id"`
	Attempt uint32    `cbor:"2,keyasint" json:"attempt"`
	Worker  string    `cbor:"3,keyasint,omitempty" json:"worker,omitempty"`
	Failure *RunError `cbor:"4,keyasint,omitempty" json:"last_failure,omitempty"` // of the attempt before
}

// ActivityCompleted delivers the one recorded outcome of a step.
type ActivityCompleted struct {
	ID      uint64  `cbor:"1,keyasint" json:"id"`
	Result  Payload `cbor:"2,keyasint,omitempty" json:"result"`
	Attempt uint32  `cbor:"3,keyasint,omitempty" json:"attempt,omitempty"` // whose outcome this is
}

// ActivityFailed delivers the last failure of a step.
type ActivityFailed struct {
	ID      uint64   `cbor:"1,keyasint" json:"id"`
	Error   RunError `cbor:"2,keyasint" json:"error"`
	Attempt uint32   `cbor:"3,keyasint,omitempty" json:"attempt,omitempty"` // whose outcome this is; 0 = no worker took it in time
}

// ActivityCancelled gives a step up: nobody waits for its outcome any more.
type ActivityCancelled struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

// ActivityCancelRequested asks for the end of a step whose outcome is waited for: the worker that
// holds it hears of it, and there is no further attempt. What became of the step comes as ever.
type ActivityCancelRequested struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

func (*ActivityScheduled) Type() Type { return TypeActivityScheduled }
func (*ActivityStarted) Type() Type   { return TypeActivityStarted }
func (*ActivityCompleted) Type() Type { return TypeActivityCompleted }
func (*ActivityFailed) Type() Type    { return TypeActivityFailed }
func (*ActivityCancelled) Type() Type { return TypeActivityCancelled }

func (*ActivityCancelRequested) Type() Type { return TypeActivityCancelRequested }
