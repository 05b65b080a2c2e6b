package fsm

// TerminateRun closes a run at once; its code sees nothing. Refused: not_found, not_running.
type TerminateRun struct {
	Run    RunRef `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"`
}

// Kind implements Command.
func (*TerminateRun) Kind() Kind { return KindTerminateRun }
