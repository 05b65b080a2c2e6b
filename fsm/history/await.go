package history

// CancelSent asks the open run of another workflow id to end. The state machine fills Error when
// nobody could be asked.
type CancelSent struct {
	WorkflowID string    `cbor:"1,keyasint" json:"workflow_id"`
	Reason     string    `cbor:"2,keyasint,omitempty" json:"reason,omitempty"`
	Error      *RunError `cbor:"3,keyasint,omitempty" json:"error,omitempty"`
}

// ResultAwaited begins to wait for what becomes of another workflow. Code asks for ID and
// WorkflowID; the state machine fills RunID with the workflow's newest run, or appends
// ResultReceived at once when that has closed, or there is none.
type ResultAwaited struct {
	ID         uint64 `cbor:"1,keyasint" json:"id"`
	WorkflowID string `cbor:"2,keyasint" json:"workflow_id"`
	RunID      RunID  `cbor:"3,keyasint,omitzero" json:"run_id,omitzero"` // zero = there was no run
}

// ResultReceived delivers what became of a workflow: the outcome of the last of the runs that went
// on from each other, or why there will be none.
type ResultReceived struct {
	ID     uint64    `cbor:"1,keyasint" json:"id"`
	RunID  RunID     `cbor:"2,keyasint,omitzero" json:"run_id,omitzero"` // that closed; zero = there was no run
	Result Payload   `cbor:"3,keyasint,omitempty" json:"result,omitempty"`
	Error  *RunError `cbor:"4,keyasint,omitempty" json:"error,omitempty"`
}

// AwaitCancelled ends a wait for the result of a workflow, which goes on.
type AwaitCancelled struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

func (*CancelSent) Type() Type     { return TypeCancelSent }
func (*ResultAwaited) Type() Type  { return TypeResultAwaited }
func (*ResultReceived) Type() Type { return TypeResultReceived }
func (*AwaitCancelled) Type() Type { return TypeAwaitCancelled }
