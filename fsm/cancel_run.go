package fsm

// CancelRun asks a run's code to end. A second request changes nothing. Refused: not_found, not_running.
type CancelRun struct {
	Run    RunRef `cbor:"1,keyasint"`
	Reason string `cbor:"2,keyasint,omitempty"` // at most 1 KiB
}

// Kind implements Command.
func (*CancelRun) Kind() Kind { return KindCancelRun }
