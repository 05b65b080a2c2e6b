package fsm

import "aion.dev/aion/catalog"

// RouteType points new starts of a type at a loaded version. Refused: unknown_version, invalid_input (an ambiguous or short prefix), route_conflict.
type RouteType struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"`           // full or a unique prefix of at least 6 digits; resolved by apply
	Expect  string `cbor:"3,keyasint,omitempty"` // version, prefix or "none"; empty = no condition
	Message string `cbor:"4,keyasint,omitempty"`
}

// UnrouteType removes a type's route: new starts are refused until another is set. Refused: route_conflict, unknown_workflow_type (there is no route).
type UnrouteType struct {
	Type    string `cbor:"1,keyasint"`
	Expect  string `cbor:"2,keyasint,omitempty"`
	Message string `cbor:"3,keyasint,omitempty"`
}

// RollbackType routes a type to the version that was routed before the current one. Refused: route_conflict (there was none), version_unavailable (it is unloaded).
type RollbackType struct {
	Type    string `cbor:"1,keyasint"`
	Expect  string `cbor:"2,keyasint,omitempty"`
	Message string `cbor:"3,keyasint,omitempty"`
}

// RouteAnswer says what became of a route.
type RouteAnswer struct {
	Change catalog.RouteChange `cbor:"1,keyasint"`
}

// Kind implements Command.
func (*RouteType) Kind() Kind    { return KindRouteType }
func (*UnrouteType) Kind() Kind  { return KindUnrouteType }
func (*RollbackType) Kind() Kind { return KindRollbackType }
func (*RouteAnswer) answer()     {}
