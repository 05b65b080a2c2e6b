package fsm

import "aion.dev/aion/catalog"

// LoadPackage registers a version with all its members and, if Route is set, points the routes of all their types at it. The archive is durable on a
// majority before this is proposed. Refused: manifest_mismatch, route_conflict, invalid_input (an Expect for a type that is no member).
type LoadPackage struct {
	Package catalog.Package  `cbor:"1,keyasint"` // LoadedAt and LoadedIndex are set by apply
	Route   bool             `cbor:"2,keyasint,omitempty"`
	Expect  []catalog.Expect `cbor:"3,keyasint,omitempty"`
	Message string           `cbor:"4,keyasint,omitempty"` // for the deploy history; at most 1 KiB
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
