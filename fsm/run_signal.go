package fsm

import "aion.dev/aion/fsm/history"

// RunRef addresses a run: the latest of a workflow id, or exactly RunID when that is set.
type RunRef struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint,omitzero"`
}

// SignalRun appends a signal to an open run. Refused: not_found, not_running, resource_exhausted
// (MaxWaiting signals not yet consumed).
type SignalRun struct {
	Run        RunRef          `cbor:"1,keyasint"`
	Name       string          `cbor:"2,keyasint"`
	Payload    history.Payload `cbor:"3,keyasint,omitempty"`
	MaxWaiting uint64          `cbor:"4,keyasint"`
}

// RunAnswer says which run a command reached, and where it stands now.
type RunAnswer struct {
	WorkflowID string         `cbor:"1,keyasint"`
	RunID      history.RunID  `cbor:"2,keyasint"`
	Status     history.Status `cbor:"3,keyasint"`
	Already    bool           `cbor:"4,keyasint,omitempty"` // of CancelRun: it had been asked before, and nothing was changed
}

// Kind implements Command.
func (*SignalRun) Kind() Kind { return KindSignalRun }
func (*RunAnswer) answer()    {}

func (c *SignalRun) apply(t *step) (Answer, Refusal) {
	if len(c.Name) > maxText {
		return nil, tooLong("name", len(c.Name))
	}
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := r.hears(maxVoided); refusal != nil {
		return nil, refusal
	}
	if refusal := r.takesSignal(c.MaxWaiting, len(c.Payload)); refusal != nil {
		return nil, refusal
	}
	if refusal := t.mayHave(r.Run.WorkflowID, false); refusal != nil {
		return nil, refusal
	}
	t.append(r, &history.SignalReceived{Name: c.Name, Payload: c.Payload})
	return r.answer(), nil
}

// takesSignal refuses a signal when too many wait, or when it would take the history past the
// limits that the run's newest turn came with. What the run itself causes is never refused here:
// its next turn fails it, see RecordTurn.
func (r *row) takesSignal(maxWaiting uint64, size int) Refusal {
	if r.Signals-min(r.Consumed, r.Signals) >= maxWaiting {
		return &ResourceExhausted{What: "signals waiting", Limit: maxWaiting}
	}
	return r.fits(size)
}

// fits refuses what would take the history past the limits of the run's newest turn.
func (r *row) fits(size int) Refusal {
	limits := r.Limits.OrDefault()
	switch {
	case r.Run.Events >= limits.Events:
		return &ResourceExhausted{What: "events in the history", Limit: limits.Events}
	case r.Run.Bytes+uint64(size) > limits.HistoryBytes:
		return &ResourceExhausted{What: "bytes of the history", Limit: limits.HistoryBytes}
	}
	return nil
}

func (r *row) answer() *RunAnswer {
	return &RunAnswer{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Status: r.Run.Status}
}
