package fsm

import "aion.dev/aion/fsm/history"

// CancelRun asks a run's code to end. A second request changes nothing. Refused: not_found,
// not_running.
type CancelRun struct {
	Run    RunRef `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"` // at most 1 KiB
	Tell   bool   `cbor:"3,keyasint,omitempty"` // the answer tells whether it is a second request, which earlier builds did not
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
	already := r.Run.CancelAsked
	if refusal := r.hears(maxVoided); refusal != nil && !already {
		return nil, refusal
	}
	t.requestCancel(r, c.Reason, history.RunID{})
	a := r.answer()
	a.Already = already && c.Tell
	return a, nil
}
