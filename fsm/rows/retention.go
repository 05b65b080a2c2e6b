package rows

import "aion.dev/aion/fsm/history"

// Retention says how long closed runs of a type are kept.
type Retention struct {
	Type string           `cbor:"1,keyasint,omitempty"` // empty = all types without a rule of their own
	Age  history.Duration `cbor:"2,keyasint"`           // since closing; 0 = for ever
}
