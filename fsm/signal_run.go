package fsm

import "aion.dev/aion/engine/history"

// RunRef addresses a run: the latest of a workflow id, or exactly RunID when that is set.
type RunRef struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint,omitzero"`
}

// SignalRun appends a signal to an open run. Refused: not_found, not_running, resource_exhausted (MaxWaiting signals not yet consumed).
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
}

// Kind implements Command.
func (*SignalRun) Kind() Kind { return KindSignalRun }
func (*RunAnswer) answer()    {}
