package fsm

import "aion.dev/aion/engine/history"

// RecordTurn appends what one turn of a run asked for, and carries it out in the same step: children start, signals arrive, timers are armed, the run
// closes or continues. Fenced: refused as Fenced unless N is the next turn, the run is running and Through is not beyond its newest event.
type RecordTurn struct {
	RunID    history.RunID   `cbor:"1,keyasint"`
	N        uint64          `cbor:"2,keyasint"`
	Through  uint64          `cbor:"3,keyasint"`
	Asked    []history.Event `cbor:"4,keyasint,omitempty"` // Seq and At are assigned by apply
	Waiting  []history.Wait  `cbor:"5,keyasint,omitempty"`
	Consumed uint64          `cbor:"6,keyasint,omitempty"` // signals that the code has consumed so far, in total
	Limits   RunLimits       `cbor:"7,keyasint"`
}

// RunLimits are the limits that apply enforces; they travel in the entry so that every node enforces the same ones. A run beyond one is failed with limit_exceeded.
type RunLimits struct {
	Events       uint64 `cbor:"1,keyasint"` // events in one history
	HistoryBytes uint64 `cbor:"2,keyasint"` // bytes of one history
	Signals      uint64 `cbor:"3,keyasint"` // signals waiting in a run that another run sends to
}

// TurnAnswer says what was appended: the turn's record and the events from FirstSeq on, with those that the state machine filled in or added.
type TurnAnswer struct {
	Turn     history.Turn    `cbor:"1,keyasint"`
	Appended []history.Event `cbor:"2,keyasint,omitempty"`
	Status   history.Status  `cbor:"3,keyasint"`
	Last     uint64          `cbor:"4,keyasint"` // seq of the run's newest event; above Turn.Through+len(Appended) there are events the turn has not seen
}

// Kind implements Command.
func (*RecordTurn) Kind() Kind { return KindRecordTurn }
func (*TurnAnswer) answer()    {}
