package fsm

// CancelRun asks a run's code to end. A second request changes nothing. Refused: not_found, not_running.
type CancelRun struct {
	Run    RunRef `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"` // at most 1 KiB
}

// Kind implements Command.
func (*CancelRun) Kind() Kind { return KindCancelRun }

func (c *CancelRun) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	t.requestCancel(r, c.Reason)
	return r.answer(), nil
}
