package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// DeployRecord is a line of the deploy history: one for each type that an operation, or its
// refusal, concerned.
type DeployRecord struct {
	Index     uint64          `cbor:"1,keyasint"`
	N         uint32          `cbor:"2,keyasint"` // order within the entry
	At        history.Time    `cbor:"3,keyasint"`
	Operation string          `cbor:"4,keyasint"` // load, route, unroute, rollback, unload
	Type      string          `cbor:"5,keyasint"`
	Version   catalog.Version `cbor:"6,keyasint,omitzero"`
	Previous  catalog.Version `cbor:"7,keyasint,omitzero"`
	Actor     string          `cbor:"8,keyasint,omitempty"`
	RequestID string          `cbor:"9,keyasint,omitempty"`
	Outcome   string          `cbor:"10,keyasint"` // "ok" or the refusal's code
	Message   string          `cbor:"11,keyasint,omitempty"`
}
