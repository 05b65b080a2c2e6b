package schema

import (
	"fmt"

	"aion.dev/aion/catalog"
)

// Violation means that an input does not fit the input schema of the version that the run would
// start on.
type Violation struct {
	Type    string
	Version catalog.Version
	Pointer string // JSON pointer into the input; "" = the input as a whole
	Reason  string
}

func (e *Violation) Error() string {
	at := "the input"
	if e.Pointer != "" {
		at = "the input at " + e.Pointer
	}
	return fmt.Sprintf("%s does not fit the schema of %q (version %s): %s", at, e.Type, e.Version.Short(), e.Reason)
}

// Code implements fsm.Refusal.
func (e *Violation) Code() string { return "invalid_input" }

// Facts implements fsm.Refusal.
func (e *Violation) Facts() map[string]any {
	return map[string]any{"field": "input", "pointer": e.Pointer, "workflow_type": e.Type, "version": e.Version.String()}
}

// Unreadable means that the archive with a schema is unavailable now. Nothing was checked.
type Unreadable struct {
	What  string // input or output
	Type  string // the workflow type
	Cause error  // not unwrapped: this refusal replaces it, whatever it was
}

func (e *Unreadable) Error() string {
	return fmt.Sprintf("the %s schema of %q cannot be read now: %v", e.What, e.Type, e.Cause)
}

// Code implements fsm.Refusal.
func (e *Unreadable) Code() string { return "unavailable" }

// Facts implements fsm.Refusal.
func (e *Unreadable) Facts() map[string]any { return nil }
