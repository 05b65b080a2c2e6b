package fsm

// PauseRun stops a run's turns; signals and timers are still recorded. Refused: not_found, not_running; pausing a paused run changes nothing.
// The engine itself pauses with Quarantined set, fenced by Turn: it is refused as Fenced when the run has recorded another turn meanwhile.
type PauseRun struct {
	Run         RunRef `cbor:"1,keyasint"`
	Reason      string `cbor:"2,keyasint,omitempty"`
	Quarantined bool   `cbor:"3,keyasint,omitempty"`
	Turn        uint64 `cbor:"4,keyasint,omitempty"` // with Quarantined: number of the newest recorded turn
}

// ResumeRun lets a paused run's turns go on, also a quarantined one's. Refused: not_found, not_running, invalid_state (it is not paused).
type ResumeRun struct {
	Run RunRef `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*PauseRun) Kind() Kind  { return KindPauseRun }
func (*ResumeRun) Kind() Kind { return KindResumeRun }
