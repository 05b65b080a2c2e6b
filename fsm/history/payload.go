package history

import "encoding/json"

// Payload is one JSON value as it was given: inputs, results, signals. Nil stands for "none", which
// readers see as null.
type Payload []byte

// MarshalJSON writes the value itself.
func (p Payload) MarshalJSON() ([]byte, error) {
	if len(p) == 0 {
		return []byte("null"), nil
	}
	return p, nil
}

// UnmarshalJSON keeps a copy of the value.
func (p *Payload) UnmarshalJSON(b []byte) error {
	*p = append((*p)[:0], b...)
	return nil
}

// Valid reports whether p is one JSON value, or none.
func (p Payload) Valid() bool { return len(p) == 0 || json.Valid(p) }

// Attributes are a run's searchable values by name; a null value removes a name.
type Attributes map[string]Payload

// RunError says why a run, a child or an activity failed. Kind is for code, Message for people.
type RunError struct {
	Kind      string  `cbor:"1,keyasint" json:"kind"`
	Message   string  `cbor:"2,keyasint" json:"message"`
	Details   Payload `cbor:"3,keyasint,omitempty" json:"details,omitempty"`
	Retryable bool    `cbor:"4,keyasint,omitempty" json:"retryable,omitempty"`
}

// Error is "kind: message".
func (e *RunError) Error() string { return e.Kind + ": " + e.Message }

// Kinds of RunError that the host itself makes. Workers and code may use any other.
const (
	KindFailed              = "failed"                // fail() or an uncaught error of workflow code
	KindCancelled           = "cancelled"             // a wait ended because cancellation was requested
	KindTerminated          = "terminated"            // a child was terminated
	KindTimeout             = "timeout"               // a signal's or an activity's time ran out
	KindTimedOut            = "timed_out"             // a whole run's time ran out
	KindLimit               = "limit_exceeded"        // steps, memory, output, log volume, pending things
	KindUndeclaredActivity  = "undeclared_activity"   // an activity that the manifest does not name
	KindUnknownWorkflowType = "unknown_workflow_type" // a child of a type without a route
	KindAlreadyRunning      = "already_running"       // a child with the id of an open run
	KindStopped             = "stopped"               // a child whose type or version is stopped
	KindQuotaReached        = "quota_reached"         // a child beyond the quota of open runs
	KindTooDeep             = "too_deep"              // a child beyond the depth that its tree may have
	KindUnknownWorkflow     = "unknown_workflow"      // the result of a workflow of which there is no run
	KindAwaitsItself        = "awaits_itself"         // the result of the very workflow that asks for it
	KindInvalidInput        = "invalid_input"         // a value that is no JSON, or that a schema refuses
	KindInvalidOutput       = "invalid_output"        // a result that the output schema refuses
	KindStuck               = "stuck"                 // code that waits for nothing that can come
	KindUnhandledRejection  = "unhandled_rejection"   // a promise of code that was rejected, and nobody handles that
)
