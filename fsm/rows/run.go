package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Run is what the public sees of one run.
type Run struct {
	WorkflowID  string             `cbor:"1,keyasint"`
	RunID       history.RunID      `cbor:"2,keyasint"`
	Type        string             `cbor:"3,keyasint"`
	Version     catalog.Version    `cbor:"4,keyasint"`
	Status      history.Status     `cbor:"5,keyasint"`
	StartedAt   history.Time       `cbor:"6,keyasint"`
	ClosedAt    history.Time       `cbor:"7,keyasint,omitempty"`
	Parent      *history.Parent    `cbor:"8,keyasint,omitempty"`
	Attributes  history.Attributes `cbor:"9,keyasint,omitempty"`
	Events      uint64             `cbor:"10,keyasint"`           // seq of the newest event
	Bytes       uint64             `cbor:"11,keyasint"`           // of the history
	Turns       uint64             `cbor:"12,keyasint,omitempty"` // n of the newest turn
	Through     uint64             `cbor:"13,keyasint,omitempty"` // newest event that a turn has seen
	Waiting     []history.Wait     `cbor:"14,keyasint,omitempty"` // after the newest turn
	Quarantined bool               `cbor:"15,keyasint,omitempty"`
	CancelAsked bool               `cbor:"16,keyasint,omitempty"`
	StartIndex  uint64             `cbor:"17,keyasint"`           // log index of the entry that started it
	Schedule    string             `cbor:"18,keyasint,omitempty"` // id of the schedule that started it
	Reopened    []uint64           `cbor:"19,keyasint,omitempty"` // seqs of its WorkflowReopened events
	Cut         bool               `cbor:"20,keyasint,omitempty"` // its newest turn was cut: it needs another one, whether there is news or not
	BeginsAt    history.Time       `cbor:"22,keyasint,omitempty"` // when its delay is over: it has no turn before; 0 = it has begun. Level 5
	Moved       uint64             `cbor:"21,keyasint,omitempty"` // seq of its newest WorkflowMoved; 0 = it is on the version that it started on
	Stopped     bool               `cbor:"60,keyasint,omitempty"` // it is paused because its type or its version was stopped; level 5

	Origin  *Origin       `cbor:"30,keyasint,omitempty"` // the run that it began as a copy of; nil = it began by itself; level 5
	ResetAs history.RunID `cbor:"31,keyasint,omitzero"`  // the run that took its place when it was reset; zero = it was not
}

// Origin is the run whose history another one begins with.
type Origin struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	Turn       uint64        `cbor:"3,keyasint,omitempty"` // the newest turn that was kept
	Seq        uint64        `cbor:"4,keyasint"`           // of WorkflowReset: what comes before was copied
	Fork       bool          `cbor:"5,keyasint,omitempty"` // that run goes on
}

// RunRow is what is stored of a run: what the public sees, and what only apply needs. It is a
// projection of the run's events.
type RunRow struct {
	Run       Run              `cbor:"1,keyasint"`
	Serial    uint64           `cbor:"2,keyasint"`
	Woken     uint64           `cbor:"3,keyasint,omitempty"` // seq of the newest event that wakes
	Attempt   uint64           `cbor:"4,keyasint,omitempty"`
	Timeout   history.Duration `cbor:"5,keyasint,omitempty"`  // of the whole run as its starter gave it; 0 = the member's applies
	Deadline  history.Time     `cbor:"6,keyasint,omitempty"`  // when timer 0 fires; 0 = never
	Signals   uint64           `cbor:"7,keyasint,omitempty"`  // received
	Consumed  uint64           `cbor:"8,keyasint,omitempty"`  // by its code
	Timers    uint64           `cbor:"9,keyasint,omitempty"`  // armed, timer 0 not counted
	Children  uint64           `cbor:"10,keyasint,omitempty"` // open
	Limits    RunLimits        `cbor:"11,keyasint,omitzero"`  // of its newest turn
	Continued bool             `cbor:"12,keyasint,omitempty"` // it goes on from another run

	ReadyIndex uint64         `cbor:"13,keyasint,omitempty"` // its place in the ready index; 0 = it has none
	ReadyN     uint32         `cbor:"14,keyasint,omitempty"`
	PinKind    PinKind        `cbor:"15,keyasint,omitempty"` // under which it pins now; 0 = it does not
	PinNumber  uint64         `cbor:"16,keyasint,omitempty"`
	Listed     history.Status `cbor:"17,keyasint,omitempty"` // status under which it is listed

	Tasks uint64 `cbor:"18,keyasint,omitempty"` // rows in the task index
	Epoch uint64 `cbor:"19,keyasint,omitempty"` // how often it was reopened: sets apart the children that it starts again

	Attempts uint32 `cbor:"20,keyasint,omitempty"` // highest attempt of any of its tasks: those offered after a reopening begin above it
	Ordinal  uint64 `cbor:"22,keyasint,omitempty"` // highest of its timers and activities: what is above it has no clock yet

	Closed history.Time `cbor:"21,keyasint,omitempty"` // when it closed, as the closed index lists it; 0 = it does not

	Depth uint64 `cbor:"61,keyasint,omitempty"` // below the root of its tree, as far as the tree began at level 5

	Job uint64 `cbor:"23,keyasint,omitempty"` // it is closed, and ending what it leaves behind is left to this job; 0 = nothing is

	Voided uint64 `cbor:"24,keyasint,omitempty"` // closing turns in a row that were void
	Log    LogUse `cbor:"25,keyasint,omitzero"`  // what is kept of what its code logged

	TimeLeft history.Duration `cbor:"26,keyasint,omitempty"` // of its time limit, while it is paused; 0 = it has none, or it does not stand still

	Carried CarriedUse `cbor:"27,keyasint,omitzero"` // signals that it took over from the run that it continues

	Updates  uint64 `cbor:"41,keyasint,omitempty"` // accepted; level 4
	Answered uint64 `cbor:"42,keyasint,omitempty"` // completed

	Tried bool `cbor:"50,keyasint,omitempty"` // it may be tried again, or has a time limit with all that go on from it: its first event says so. Level 5

	Awaits uint64 `cbor:"80,keyasint,omitempty"` // workflows whose results it waits for; level 6
	Line   uint64 `cbor:"81,keyasint,omitempty"` // of those who wait for its result; 0 = nobody has. Level 6

	Judged bool `cbor:"40,keyasint,omitempty"` // its canary has counted it as failed, for it was quarantined; level 2
}
