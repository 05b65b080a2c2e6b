package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// PinHolder is one open run that pins a version.
type PinHolder struct {
	Kind         rows.PinKind    `cbor:"1,keyasint" json:"kind"`
	WorkflowID   string          `cbor:"2,keyasint" json:"workflow_id"`
	RunID        history.RunID   `cbor:"3,keyasint" json:"run_id"`
	WorkflowType string          `cbor:"4,keyasint" json:"workflow_type"`
	RecordedBy   *history.Parent `cbor:"5,keyasint,omitempty" json:"recorded_by,omitempty"`
	Since        history.Time    `cbor:"6,keyasint" json:"since"` // when it took this kind
}
