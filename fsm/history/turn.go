package history

// Turn is the record of one deterministic step of workflow code, from wake-up to the next wait.
// Replay is driven by turns: it shows the code the events up to Through, and the code must then ask
// for the events FirstSeq to FirstSeq+Count-1 again.
//
// A turn's time, which ctx.now() tells, is the time of the event with seq Through: it follows from
// history alone.
type Turn struct {
	N        uint64 `cbor:"1,keyasint"`           // 1, 2, 3... without gaps
	Through  uint64 `cbor:"2,keyasint"`           // newest event that the turn had seen
	At       Time   `cbor:"3,keyasint"`           // log time at which it was recorded
	FirstSeq uint64 `cbor:"4,keyasint"`           // seq of the first event it asked for, were there one
	Count    uint64 `cbor:"5,keyasint"`           // how many it asked for; events that the state machine added on its own are not counted
	Cut      bool   `cbor:"6,keyasint,omitempty"` // it ended in the middle of the code's work, which the next turn goes on with: one turn may not ask for more than one entry can carry out
	Rules    uint64 `cbor:"7,keyasint,omitempty"` // by which it was made, see Rules; 0 = those of earlier builds
	Waits    uint64 `cbor:"8,keyasint,omitempty"` // it was cut at the wait of this number, from 1, of those that could go on at once; 0 = it was not cut at a wait

	Suggested bool `cbor:"9,keyasint,omitempty"` // code asked whether it should continue as new, and was told that it should
}

// Rules is the number of the rules by which new turns are made. A turn is shown again by the rules
// that its record names.
//
//	0  A request to cancel is delivered when code next blocks, whatever else the turn has seen.
//	1  It is delivered in its place among the turn's events when code is blocked then. Turns are
//	   cut at waits. A turn that closes the run has seen every signal and every request to cancel,
//	   or is void. Children that are to be abandoned are not cancelled with it. Lost leases of its
//	   activities count, and are tried again after a back-off.
//	2  A run that goes on from one that continued as new refers to the signals that were not read.
//	   Before, each was stored again.
//	3  A step that is to be cancelled is waited for, unless it says otherwise (CancelPolicy). A
//	   request to cancel is due until code knows of it: a wait has ended with it, or code has asked.
//	   Code may ask for its parent and root, and how long its history is.
//	4  Code may ask for the schedule that it is a run of, and the time for which that fired.
//	   Children may be tried again, and have a time limit with all that continue them.
//	5  Code may ask other workflows to end, wait for their results, and shield its timers and waits
//	   from a request to cancel the run. What code continues as new with is taken once its handlers
//	   have ended: before, what they did until then was lost. The timer of a wait for a signal is
//	   cancelled once, also if the signal is put back for a request to cancel that came before it.
const Rules = 5

// Wait is one thing that a run waits for after its newest turn, for people who ask what a run is
// waiting on.
type Wait struct {
	Kind string `cbor:"1,keyasint" json:"kind"` // "timer", "signal", "child", "activity", "condition", "result"
	ID   uint64 `cbor:"2,keyasint" json:"id"`   // ordinal within the run
	Name string `cbor:"3,keyasint,omitempty" json:"name,omitempty"`
}
