package fsm

import "aion.dev/aion/engine/history"

// FireTimers fires timers that are due at the entry's time and still armed; others it passes over without a word. Timer id 0 is the whole run's time limit.
type FireTimers struct {
	Timers []TimerRef `cbor:"1,keyasint"` // at most 1,024
}

// TimerRef names one armed timer.
type TimerRef struct {
	FireAt history.Time  `cbor:"1,keyasint"`
	RunID  history.RunID `cbor:"2,keyasint"`
	ID     uint64        `cbor:"3,keyasint"`
}

// FireAnswer counts.
type FireAnswer struct {
	Fired uint64 `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*FireTimers) Kind() Kind { return KindFireTimers }
func (*FireAnswer) answer()    {}
