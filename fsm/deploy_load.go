package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/rows"
)

// LoadPackage registers a version with all its members and, if Route is set, points the routes of
// all their types at it. The archive is durable on a majority before this is proposed. Refused:
// manifest_mismatch, route_conflict, invalid_input (an Expect for a type that is no member),
// signature_invalid, signature_required, and Fenced when other runs are open than those that were
// proven.
type LoadPackage struct {
	Package catalog.Package  `cbor:"1,keyasint"` // LoadedAt and LoadedIndex are set by apply
	Route   bool             `cbor:"2,keyasint,omitempty"`
	Expect  []catalog.Expect `cbor:"3,keyasint,omitempty"`
	Message string           `cbor:"4,keyasint,omitempty"` // for the deploy history; at most 1 KiB
	Gate    []Gated          `cbor:"5,keyasint,omitempty"` // what was proven before the log; level 2

	Signatures []signature.Signature `cbor:"6,keyasint,omitempty"` // of the version; level 4
}

// LoadAnswer says what LoadPackage did.
type LoadAnswer struct {
	Package       catalog.Package       `cbor:"1,keyasint"` // as resident, with LoadedAt and LoadedIndex
	FreshlyLoaded bool                  `cbor:"2,keyasint,omitempty"`
	Routes        []catalog.RouteChange `cbor:"3,keyasint,omitempty"` // one for each member's type, in order of members, also those that did not change; none without Route
}

// Kind implements Command.
func (*LoadPackage) Kind() Kind { return KindLoadPackage }
func (*LoadAnswer) answer()     {}

func (c *LoadPackage) apply(t *step) (Answer, Refusal) {
	if refusal := t.gate(c); refusal != nil {
		return nil, refusal
	}
	this := deploy{operation: opLoad, types: c.Package.Types(), version: c.Package.Version, message: c.Message}
	if len(c.Message) > maxText {
		return nil, t.refuse(this, tooLong("message", len(c.Message)))
	}
	signing, refusal := t.signing().admits(&c.Package, c.Signatures, t.signatures(c.Package.Version))
	if refusal != nil {
		return nil, t.refuse(this, refusal)
	}
	c.Package.LoadedAt = int64(t.now)
	change, err := t.s.catalog.Load(c.Package, c.Route, c.Expect, t.index)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	v := change.Package.Version
	if change.FreshlyLoaded {
		t.Put(rows.VersionKey(rows.FamilyPackage, v), rows.Encoded(change.Package))
		t.began(&change.Package)
	}
	t.stays(v)
	t.keepSignatures(v, signing)
	types := change.Package.Types()
	for i, typ := range types {
		d := rows.DeployRecord{Operation: opLoad, Type: typ, Version: v, Outcome: OutcomeOK, Message: c.Message, Fresh: change.FreshlyLoaded, SignedBy: signersText(signing.signers)}
		if c.Route && change.Routes[i].Changed {
			d.Previous = change.Routes[i].Previous
		}
		t.record(d)
	}
	t.announce(feedPackageLoaded, packageLoaded{v, types, types[0], change.FreshlyLoaded})
	for _, rc := range change.Routes {
		t.rerouted(rc)
	}
	return &LoadAnswer{Package: change.Package, FreshlyLoaded: change.FreshlyLoaded, Routes: change.Routes}, nil
}
