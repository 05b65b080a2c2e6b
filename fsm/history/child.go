package history

import "aion.dev/aion/catalog"

// ChildVersion says which version a child starts on.
type ChildVersion uint8

// Choices; the zero value is the default.
const (
	ChildDefault ChildVersion = 0 // the parent's if its package carries the type, else the routed one
	ChildParent  ChildVersion = 1
	ChildRouted  ChildVersion = 2
)

// childVersionNames are the words that code writes and histories show. Code says nothing for the
// default, and a history leaves it out.
var childVersionNames = []string{ChildDefault: "default", ChildParent: "parent", ChildRouted: "routed"}

// String is the word that code writes.
func (v ChildVersion) String() string { return choiceName(childVersionNames, uint8(v)) }

// MarshalText writes the word.
func (v ChildVersion) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (v *ChildVersion) UnmarshalText(b []byte) error {
	n, err := parseChoice("version choice", childVersionNames, string(b))
	*v = ChildVersion(n)
	return err
}

// ChildWorkflowStarted records a child and starts it in the same entry. Code asks for ID,
// WorkflowID, WorkflowType, Input and the options; the state machine fills RunID and Version,
// or appends ChildWorkflowFailed at once when the child cannot start.
type ChildWorkflowStarted struct {
	ID           uint64          `cbor:"1,keyasint" json:"id"`
	WorkflowID   string          `cbor:"2,keyasint" json:"workflow_id"` // the caller's id, or "<run id>:<ordinal>"
	WorkflowType string          `cbor:"3,keyasint" json:"workflow_type"`
	Input        Payload         `cbor:"4,keyasint,omitempty" json:"input"`
	OnClose      ClosePolicy     `cbor:"5,keyasint,omitempty" json:"on_parent_close,omitempty"`
	Choice       ChildVersion    `cbor:"6,keyasint,omitzero" json:"version_choice,omitempty"`
	RunID        RunID           `cbor:"7,keyasint,omitzero" json:"run_id,omitzero"`
	Version      catalog.Version `cbor:"8,keyasint,omitzero" json:"version,omitzero"`
	OnCancel     CancelPolicy    `cbor:"9,keyasint,omitempty" json:"on_cancel,omitempty"`
	Timeout      Duration        `cbor:"10,keyasint,omitempty" json:"timeout,omitempty"` // of the whole run; 0 = the workflow's own
	Attributes   Attributes      `cbor:"11,keyasint,omitempty" json:"attributes,omitempty"`
	Retry        *Retry          `cbor:"12,keyasint,omitempty" json:"retry,omitempty"` // of the whole run
	ChainTimeout Duration        `cbor:"13,keyasint,omitempty" json:"chain_timeout,omitempty" doc:"Time limit of the child with all runs that continue it, or try again"`
}

// ChildWorkflowCompleted delivers a child's result.
type ChildWorkflowCompleted struct {
	ID     uint64  `cbor:"1,keyasint" json:"id"`
	Result Payload `cbor:"2,keyasint,omitempty" json:"result"`
}

// ChildWorkflowFailed delivers why a child failed, timed out, was terminated or could not start.
type ChildWorkflowFailed struct {
	ID    uint64   `cbor:"1,keyasint" json:"id"`
	Error RunError `cbor:"2,keyasint" json:"error"`
}

// ChildWorkflowCancelled ends the parent's wait for a child. Asked is true when the parent's own
// code gave the child up, which also requests cancellation of the child in the same entry; false
// when the child itself closed as cancelled.
type ChildWorkflowCancelled struct {
	ID    uint64 `cbor:"1,keyasint" json:"id"`
	Asked bool   `cbor:"2,keyasint,omitempty" json:"asked,omitempty"`
}

// ChildWorkflowCancelRequested asks a child to end, and the parent goes on waiting for it: the
// child's cancellation is requested in the same entry, and what became of it comes as ever.
type ChildWorkflowCancelRequested struct {
	ID uint64 `cbor:"1,keyasint" json:"id"`
}

func (*ChildWorkflowStarted) Type() Type   { return TypeChildWorkflowStarted }
func (*ChildWorkflowCompleted) Type() Type { return TypeChildWorkflowCompleted }
func (*ChildWorkflowFailed) Type() Type    { return TypeChildWorkflowFailed }
func (*ChildWorkflowCancelled) Type() Type { return TypeChildWorkflowCancelled }

func (*ChildWorkflowCancelRequested) Type() Type { return TypeChildWorkflowCancelRequested }
