package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// StartRun starts a run on the version that its type is routed to when this is applied, or on exactly Version. Refused: unknown_workflow_type (no
// route), unknown_version, already_running (naming the open run), and Recheck when the version it resolves to has an input schema other than CheckedSchema.
type StartRun struct {
	WorkflowID    string             `cbor:"1,keyasint"`
	RunID         history.RunID      `cbor:"2,keyasint"`
	Type          string             `cbor:"3,keyasint"`
	Version       string             `cbor:"4,keyasint,omitempty"` // full or prefix; empty = the routed one
	Input         history.Payload    `cbor:"5,keyasint,omitempty"`
	Attributes    history.Attributes `cbor:"6,keyasint,omitempty"`
	Timeout       history.Duration   `cbor:"7,keyasint,omitempty"` // 0 = the member's
	CheckedSchema catalog.Digest     `cbor:"8,keyasint,omitzero"`  // digest of the schema that Input was checked against; zero = none
}

// StartAnswer names the run.
type StartAnswer struct {
	WorkflowID string          `cbor:"1,keyasint"`
	RunID      history.RunID   `cbor:"2,keyasint"`
	Version    catalog.Version `cbor:"3,keyasint"`
}

// Kind implements Command.
func (*StartRun) Kind() Kind { return KindStartRun }
func (*StartAnswer) answer() {}
