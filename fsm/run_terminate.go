package fsm

import "aion.dev/aion/fsm/history"

// TerminateRun closes a run at once; its code sees nothing. Refused: not_found, not_running.
type TerminateRun struct {
	Run    RunRef `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"`
}

// Kind implements Command.
func (*TerminateRun) Kind() Kind { return KindTerminateRun }

func (c *TerminateRun) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	t.shut(r, &history.WorkflowTerminated{Reason: c.Reason})
	return r.answer(), nil
}
