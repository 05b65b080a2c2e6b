package history

// SignalReceived is a message to the run. Waits take messages of their name in order of arrival.
type SignalReceived struct {
	Name    string  `cbor:"1,keyasint" json:"name"`
	Payload Payload `cbor:"2,keyasint,omitempty" json:"payload"`
	From    RunID   `cbor:"3,keyasint,omitzero" json:"from,omitzero"` // the sending run; zero = from outside
}

// SignalSent is a message from the run to the open run of another workflow id. The state machine
// fills Error when there is none.
type SignalSent struct {
	WorkflowID string    `cbor:"1,keyasint" json:"workflow_id"`
	Name       string    `cbor:"2,keyasint" json:"name"`
	Payload    Payload   `cbor:"3,keyasint,omitempty" json:"payload"`
	Error      *RunError `cbor:"4,keyasint,omitempty" json:"error,omitempty"`
}

func (*SignalReceived) Type() Type { return TypeSignalReceived }
func (*SignalSent) Type() Type     { return TypeSignalSent }
