package rows

import (
	"crypto/sha256"

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

	// of acts at level 1 and above; never of refusals
	Fresh  bool            `cbor:"12,keyasint,omitempty"` // a load registered the version; until then it was not loaded
	Routed bool            `cbor:"13,keyasint,omitempty"` // the type's route changed
	Before catalog.Version `cbor:"14,keyasint,omitzero"`  // of a route that changed: what was routed until then; zero = nothing
	Chain  catalog.Digest  `cbor:"15,keyasint,omitzero"`  // see Link

	// of loads at level 4 and above: the trusted keys that have signed the version, each as its
	// name, a space and the key
	SignedBy []string `cbor:"16,keyasint,omitempty"`
}

// Link returns the chain of a record that follows one with the chain before (zero for the first):
// the SHA-256 of before and of the record's CBOR without its chain. docs/DEPLOY_HISTORY.md spells
// out these bytes, and whoever verifies a history computes them: they never change.
func (d DeployRecord) Link(before catalog.Digest) catalog.Digest {
	d.Chain = catalog.Digest{}
	return sha256.Sum256(append(before[:], Encoded(d)...))
}
