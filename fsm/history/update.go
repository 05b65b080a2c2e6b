package history

// UpdateAccepted asks the run for something. Its sender waits for the answer: the run's code has a
// handler for the name, whose validator, if it has one, has agreed.
type UpdateAccepted struct {
	UpdateID string  `cbor:"1,keyasint" json:"update_id"`
	Name     string  `cbor:"2,keyasint" json:"name"`
	Args     Payload `cbor:"3,keyasint,omitempty" json:"args"`
}

// UpdateCompleted is the handler's answer to an update, or what it failed with. A run that was
// reopened may answer again: the first answer is the one that counts.
type UpdateCompleted struct {
	UpdateID string    `cbor:"1,keyasint" json:"update_id"`
	Result   Payload   `cbor:"2,keyasint,omitempty" json:"result"`
	Error    *RunError `cbor:"3,keyasint,omitempty" json:"error,omitempty"`
}

func (*UpdateAccepted) Type() Type  { return TypeUpdateAccepted }
func (*UpdateCompleted) Type() Type { return TypeUpdateCompleted }
