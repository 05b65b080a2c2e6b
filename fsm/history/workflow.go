package history

import "aion.dev/aion/catalog"

// ClosePolicy says what becomes of a child when its parent's run closes.
type ClosePolicy uint8

// Policies; the zero value is the default.
const (
	CloseTerminate ClosePolicy = 0
	CloseCancel    ClosePolicy = 1
	CloseAbandon   ClosePolicy = 2
)

// closePolicyNames are the words that code writes and histories show.
var closePolicyNames = []string{CloseTerminate: "terminate", CloseCancel: "cancel", CloseAbandon: "abandon"}

// String is the word that code writes.
func (p ClosePolicy) String() string { return choiceName(closePolicyNames, uint8(p)) }

// MarshalText writes the word.
func (p ClosePolicy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (p *ClosePolicy) UnmarshalText(b []byte) error {
	n, err := parseChoice("close policy", closePolicyNames, string(b))
	*p = ClosePolicy(n)
	return err
}

// Parent names the run whose turn recorded a child, and the child's ordinal there.
type Parent struct {
	WorkflowID string      `cbor:"1,keyasint" json:"workflow_id"`
	RunID      RunID       `cbor:"2,keyasint" json:"run_id"`
	ID         uint64      `cbor:"3,keyasint" json:"id"`
	OnClose    ClosePolicy `cbor:"4,keyasint,omitempty" json:"on_parent_close,omitempty"`
}

// Root names the run at the top of a tree of children, as it was when a child of the tree started.
type Root struct {
	WorkflowID string `cbor:"1,keyasint" json:"workflow_id"`
	RunID      RunID  `cbor:"2,keyasint" json:"run_id"`
}

// WorkflowStarted is the first event of every run and carries the version that the run keeps.
type WorkflowStarted struct {
	WorkflowID    string          `cbor:"1,keyasint" json:"workflow_id"`
	RunID         RunID           `cbor:"2,keyasint" json:"run_id"`
	WorkflowType  string          `cbor:"3,keyasint" json:"workflow_type"`
	Version       catalog.Version `cbor:"4,keyasint" json:"version"`
	Input         Payload         `cbor:"5,keyasint,omitempty" json:"input"`
	Attributes    Attributes      `cbor:"6,keyasint,omitempty" json:"attributes,omitempty"`
	Timeout       Duration        `cbor:"7,keyasint,omitempty" json:"timeout,omitempty"` // whole run; 0 = none
	Parent        *Parent         `cbor:"8,keyasint,omitempty" json:"parent,omitempty"`
	ContinuedFrom RunID           `cbor:"9,keyasint,omitzero" json:"continued_from,omitzero"`
	Attempt       uint64          `cbor:"10,keyasint,omitempty" json:"attempt,omitempty"`                                                       // 1 for a first run, one more for each continue-as-new
	Schedule      string          `cbor:"11,keyasint,omitempty" json:"schedule,omitempty"`                                                      // id of the schedule that it is a run of
	First         RunID           `cbor:"12,keyasint,omitzero" json:"first_run_id,omitzero"`                                                    // of a run that continues another: the one with which the chain began; zero = it began before this was noted
	Root          *Root           `cbor:"13,keyasint,omitempty" json:"root,omitempty"`                                                          // of a child; nil = it is no child, or started before this was noted
	BeginsAt      Time            `cbor:"14,keyasint,omitempty" json:"begins_at,omitzero" doc:"When the delay of the run is over, in log time"` // of a run that waits before it begins: when that is over, which WorkflowBegan tells
	Retry         *Retry          `cbor:"15,keyasint,omitempty" json:"retry,omitempty"`                                                         // of the whole run
	Try           uint64          `cbor:"16,keyasint,omitempty" json:"try,omitempty" doc:"Of a run with retry: 1 for the first try, one more for each after a failure. A run that continues as new begins anew"`
	Backoff       Duration        `cbor:"17,keyasint,omitempty" json:"backoff,omitempty" doc:"How long this try waited before it began"`
	ChainTimeout  Duration        `cbor:"18,keyasint,omitempty" json:"chain_timeout,omitempty" doc:"Time limit of the run with all that continue it, or try again"`
	ChainLeft     Duration        `cbor:"19,keyasint,omitempty" json:"chain_left,omitempty" doc:"What was left of it when this run began"`
	FireTime      Time            `cbor:"40,keyasint,omitempty" json:"fire_time,omitzero"` // for which the schedule fired; 0 = it is no run of one, or started before this was noted
}

// WorkflowBegan ends the delay with which a run was started: from here on its code runs, and its
// time limit counts.
type WorkflowBegan struct{}

// WorkflowCompleted closes a run with its result.
type WorkflowCompleted struct {
	Result Payload `cbor:"1,keyasint,omitempty" json:"result"`
}

// WorkflowFailed closes a run with the error that its code let through, or the limit it met.
type WorkflowFailed struct {
	Error RunError `cbor:"1,keyasint" json:"error"`

	NewRunID RunID `cbor:"2,keyasint,omitzero" json:"new_run_id,omitzero"` // the run that tries again; zero = none does
}

// WorkflowCancelled closes a run whose code let the cancellation through.
type WorkflowCancelled struct {
	Reason string `cbor:"1,keyasint,omitempty" json:"reason,omitempty"`
}

// WorkflowTerminated closes a run from outside; its code saw nothing.
type WorkflowTerminated struct {
	Reason string `cbor:"1,keyasint,omitempty" json:"reason,omitempty"`
}

// WorkflowTimedOut closes a run whose whole time ran out.
type WorkflowTimedOut struct {
	Timeout Duration `cbor:"1,keyasint" json:"timeout"`

	NewRunID RunID `cbor:"2,keyasint,omitzero" json:"new_run_id,omitzero"` // as in WorkflowFailed
}

// WorkflowContinuedAsNew closes a run and names the run of the same workflow id that goes on. Code
// asks for Input, Same and Carry; the state machine fills NewRunID and Version.
type WorkflowContinuedAsNew struct {
	Input    Payload         `cbor:"1,keyasint,omitempty" json:"input"`
	Same     bool            `cbor:"2,keyasint,omitempty" json:"same_version,omitempty"` // stay on this version instead of the routed one
	Carry    []uint64        `cbor:"3,keyasint,omitempty" json:"carry,omitempty"`        // seqs of signals seen but not consumed; unseen ones are carried over too
	NewRunID RunID           `cbor:"4,keyasint,omitzero" json:"new_run_id,omitzero"`
	Version  catalog.Version `cbor:"5,keyasint,omitzero" json:"version,omitzero"`
}

// WorkflowReopened opens a closed run again, as it stood before the turn that closed it: that turn
// is void, with all events from its first one up to this one, and so are requests to cancel that it
// was the first to see. Outcomes of the ordinals in Forget are void too: those steps run again.
type WorkflowReopened struct {
	Reason string   `cbor:"1,keyasint,omitempty" json:"reason,omitempty"`
	Turn   uint64   `cbor:"2,keyasint,omitempty" json:"turn,omitempty"` // the void turn; 0 = no turn closed the run
	Forget []uint64 `cbor:"3,keyasint,omitempty" json:"forget,omitempty"`

	ForgetCancel bool `cbor:"4,keyasint,omitempty" json:"forget_cancel,omitempty"` // the request to cancel, which turns had seen but code did not know of
}

// WorkflowPaused stops turns; signals and timers are still recorded. Quarantined: code of this run
// broke the runtime or its replay three times.
type WorkflowPaused struct {
	Reason      string `cbor:"1,keyasint,omitempty" json:"reason,omitempty"`
	Quarantined bool   `cbor:"2,keyasint,omitempty" json:"quarantined,omitempty"`

	TimeLeft Duration `cbor:"3,keyasint,omitempty" json:"time_left,omitempty"` // of the whole run's time limit, which stands still; 0 = there is none
	Stopped  bool     `cbor:"9,keyasint,omitempty" json:"stopped,omitempty"`   // because its type or its version is stopped; level 5
}

// WorkflowResumed lets turns go on.
type WorkflowResumed struct{}

// WorkflowMoved puts the run on another version, on which its turns were replayed and asked for the
// same. All its turns, also those before this event, are replayed on the newest version.
type WorkflowMoved struct {
	From catalog.Version `cbor:"1,keyasint" json:"from" doc:"Version that the run was on"`
	To   catalog.Version `cbor:"2,keyasint" json:"to" doc:"Version that it is on from here on"`
	Turn uint64          `cbor:"3,keyasint,omitempty" json:"turn" doc:"The newest turn that was replayed on the new version"`
}

// CancelRequested asks the code to end; it is delivered when the code next waits, once.
type CancelRequested struct {
	Reason string `cbor:"1,keyasint,omitempty" json:"reason,omitempty"`

	From RunID `cbor:"2,keyasint,omitzero" json:"from,omitzero"` // the run whose code asked for it, by a handle; zero = none did
}

// AttributesUpdated sets or (null) removes attributes.
type AttributesUpdated struct {
	Attributes Attributes `cbor:"1,keyasint" json:"attributes"`
}

func (*WorkflowStarted) Type() Type        { return TypeWorkflowStarted }
func (*WorkflowBegan) Type() Type          { return TypeWorkflowBegan }
func (*WorkflowCompleted) Type() Type      { return TypeWorkflowCompleted }
func (*WorkflowFailed) Type() Type         { return TypeWorkflowFailed }
func (*WorkflowCancelled) Type() Type      { return TypeWorkflowCancelled }
func (*WorkflowTerminated) Type() Type     { return TypeWorkflowTerminated }
func (*WorkflowTimedOut) Type() Type       { return TypeWorkflowTimedOut }
func (*WorkflowContinuedAsNew) Type() Type { return TypeWorkflowContinuedAsNew }
func (*WorkflowReopened) Type() Type       { return TypeWorkflowReopened }
func (*WorkflowMoved) Type() Type          { return TypeWorkflowMoved }
func (*WorkflowPaused) Type() Type         { return TypeWorkflowPaused }
func (*WorkflowResumed) Type() Type        { return TypeWorkflowResumed }
func (*CancelRequested) Type() Type        { return TypeCancelRequested }
func (*AttributesUpdated) Type() Type      { return TypeAttributesUpdated }
