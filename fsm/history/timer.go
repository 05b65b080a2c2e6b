package history

// TimerStarted arms a timer: a sleep, or the time limit of a signal wait. ID is the ordinal of the
// wait within the run; the state machine fills FireAt.
type TimerStarted struct {
	ID       uint64   `cbor:"1,keyasint" json:"id"`
	Duration Duration `cbor:"2,keyasint" json:"duration"`
	Signal   string   `cbor:"3,keyasint,omitempty" json:"signal,omitempty"` // name of the signal whose wait this limits
	FireAt   Time     `cbor:"4,keyasint,omitempty" json:"fire_at,omitempty"`
}

// TimerFired says that a timer's time came: at FireAt or later, never earlier.
type TimerFired struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

// TimerCancelled disarms a timer.
type TimerCancelled struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

func (*TimerStarted) Type() Type   { return TypeTimerStarted }
func (*TimerFired) Type() Type     { return TypeTimerFired }
func (*TimerCancelled) Type() Type { return TypeTimerCancelled }
