package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Canary is a canary of a type, with what became of the runs that started since it began.
type Canary struct {
	Type    string          `cbor:"1,keyasint"`
	Version catalog.Version `cbor:"2,keyasint"`
	Share   uint64          `cbor:"3,keyasint"` // of catalog.CanaryWhole
	Salt    uint64          `cbor:"4,keyasint"`
	Key     string          `cbor:"5,keyasint,omitempty"` // attribute that is drawn for; empty = the workflow id of the root of the tree

	AbortFailures uint64       `cbor:"6,keyasint,omitempty"` // so many failed runs of the canary abort it; 0 = none do
	PromoteAfter  uint64       `cbor:"7,keyasint,omitempty"` // so many completed ones promote it; 0 = none do
	Until         history.Time `cbor:"8,keyasint,omitempty"` // it is promoted then; 0 = never

	Index  uint64       `cbor:"9,keyasint"` // of the entry that began it
	At     history.Time `cbor:"10,keyasint"`
	Serial uint64       `cbor:"11,keyasint,omitempty"` // of the newest run then: only later ones count
	Actor  string       `cbor:"12,keyasint,omitempty"` // who began it

	Counts CanaryCounts `cbor:"13,keyasint,omitzero"` // of the canary's version
	Routed CanaryCounts `cbor:"14,keyasint,omitzero"` // of the routed one
}

// CanaryCounts counts runs of one version of the type that started since the canary began.
type CanaryCounts struct {
	Started   uint64 `cbor:"1,keyasint,omitempty" json:"started"`
	Completed uint64 `cbor:"2,keyasint,omitempty" json:"completed"` // also those that continued as new
	Failed    uint64 `cbor:"3,keyasint,omitempty" json:"failed"`    // also those that ran out of time
}

// Rule is what the catalog needs of it to resolve a version.
func (c *Canary) Rule() catalog.Canary {
	return catalog.Canary{Type: c.Type, Version: c.Version, Share: c.Share, Salt: c.Salt, Key: c.Key}
}
