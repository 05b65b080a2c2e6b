package fsm

import "aion.dev/aion/fsm/history"

// TaskToken names one attempt. Workers see it as an opaque string.
type TaskToken struct {
	RunID   history.RunID `cbor:"1,keyasint"`
	ID      uint64        `cbor:"2,keyasint"`
	Attempt uint32        `cbor:"3,keyasint"`
}
