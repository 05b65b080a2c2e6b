package fsm

import "aion.dev/aion/catalog"

// UnloadVersion removes a whole package, for good, if no route points at it and nothing pins it: check and removal are one step. Refused:
// unknown_version, invalid_input (prefix), route_active (naming the types), version_pinned (counts and first holders).
type UnloadVersion struct {
	Type    string `cbor:"1,keyasint"`
	Version string `cbor:"2,keyasint"` // full or prefix
	Message string `cbor:"3,keyasint,omitempty"`
}

// UnloadAnswer names what is gone.
type UnloadAnswer struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Types   []string        `cbor:"2,keyasint"`
}

// Kind implements Command.
func (*UnloadVersion) Kind() Kind { return KindUnloadVersion }
func (*UnloadAnswer) answer()     {}
