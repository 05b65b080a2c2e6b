package fsm

import "aion.dev/aion/engine/history"

// ReopenRun opens a closed run again, as it stood before the turn that closed it. What it has to forget and to take up again was found by replay before the log;
// Events fences that. Refused: not_found, invalid_state (open, completed or continued as new; not the newest run of its id), version_unavailable, already_running, and
// Fenced when the history has grown meanwhile.
type ReopenRun struct {
	Run    RunRef   `cbor:"1,keyasint"`
	Reason string   `cbor:"2,keyasint,omitempty"`
	Events uint64   `cbor:"3,keyasint"`           // seq of the newest event that was looked at
	Turn   uint64   `cbor:"4,keyasint,omitempty"` // the turn that closed the run and is void from now on; 0 = none did
	Forget []uint64 `cbor:"5,keyasint,omitempty"` // ordinals whose outcome is void: failed ones that code has not acted on
	Again  []Again  `cbor:"6,keyasint,omitempty"` // what must be under way again, by ordinal: everything without an outcome, forgotten ones included
}

// Again is one timer, activity or child to be taken up again.
type Again struct {
	ID  uint64 `cbor:"1,keyasint"`
	Seq uint64 `cbor:"2,keyasint"` // of the event that asked for it: TimerStarted, ActivityScheduled or ChildWorkflowStarted
}

// NotNewest refuses to reopen a run after which the same workflow id was started again.
type NotNewest struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	Newest     history.RunID `cbor:"3,keyasint"`
}

func (r *NotNewest) Error() string {
	return "run " + r.RunID.String() + " of workflow \"" + r.WorkflowID + "\" is not its newest: run " + r.Newest.String() + " was started after it"
}
func (r *NotNewest) Code() string { return "invalid_state" }
func (r *NotNewest) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["newest_run_id"] = r.Newest.String()
	return facts
}

// Kind implements Command.
func (*ReopenRun) Kind() Kind { return KindReopenRun }

func (c *ReopenRun) apply(t *step) (Answer, Refusal) { panic("being built") }
