package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// NotFound refuses a command on a run that does not exist.
type NotFound struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint,omitzero"`
}

// NotRunning refuses a command that needs an open run.
type NotRunning struct {
	WorkflowID string         `cbor:"1,keyasint"`
	RunID      history.RunID  `cbor:"2,keyasint"`
	Status     history.Status `cbor:"3,keyasint"`
}

// AlreadyRunning refuses a start with the id of an open run, and names it.
type AlreadyRunning struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
}

// InvalidState refuses a command that the run's status does not allow.
type InvalidState struct {
	WorkflowID string         `cbor:"1,keyasint"`
	RunID      history.RunID  `cbor:"2,keyasint"`
	Status     history.Status `cbor:"3,keyasint"`
	Want       string         `cbor:"4,keyasint"`
}

// ResourceExhausted refuses what would pass a limit.
type ResourceExhausted struct {
	What  string `cbor:"1,keyasint"` // "signals waiting", "request ids"
	Limit uint64 `cbor:"2,keyasint"`
}

// RequestMismatch refuses a request id that was used for another request.
type RequestMismatch struct {
	ID string `cbor:"1,keyasint"`
}

// VersionPinned refuses an unload while anything pins any member of the package.
type VersionPinned struct {
	Version catalog.Version `cbor:"1,keyasint"`
	Counts  rows.PinCounts  `cbor:"2,keyasint"`
	Holders []PinHolder     `cbor:"3,keyasint"` // the first ten, in the order of Pins
}

// Fenced refuses an engine's command that another leader, or the run's own progress, has overtaken.
// Callers of the API never see it.
type Fenced struct {
	RunID history.RunID `cbor:"1,keyasint"` // zero = it is about no run
	Why   string        `cbor:"2,keyasint"`
}

// Recheck refuses a start whose input was checked against another schema than that of the version
// it would start on. Callers of the API never see it.
type Recheck struct {
	Type   string         `cbor:"1,keyasint"`
	Schema catalog.Digest `cbor:"2,keyasint,omitzero"`
}

func runFacts(workflowID string, id history.RunID) map[string]any {
	facts := map[string]any{}
	if workflowID != "" {
		facts["workflow_id"] = workflowID
	}
	if !id.IsZero() {
		facts["run_id"] = id.String()
	}
	return facts
}

func (r *NotFound) Error() string {
	switch {
	case r.RunID.IsZero():
		return fmt.Sprintf("there is no workflow with id %s", catalog.Quote(r.WorkflowID))
	case r.WorkflowID == "":
		return fmt.Sprintf("there is no run %s", r.RunID)
	}
	return fmt.Sprintf("workflow %s has no run %s", catalog.Quote(r.WorkflowID), r.RunID)
}
func (r *NotFound) Code() string          { return "not_found" }
func (r *NotFound) Facts() map[string]any { return runFacts(r.WorkflowID, r.RunID) }

func (r *NotRunning) Error() string {
	return fmt.Sprintf("run %s of workflow %s is closed: %s", r.RunID, catalog.Quote(r.WorkflowID), r.Status)
}
func (r *NotRunning) Code() string { return "not_running" }
func (r *NotRunning) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["run_status"] = r.Status.String()
	return facts
}

func (r *AlreadyRunning) Error() string {
	return fmt.Sprintf("workflow %s is already running as run %s", catalog.Quote(r.WorkflowID), r.RunID)
}
func (r *AlreadyRunning) Code() string          { return "already_running" }
func (r *AlreadyRunning) Facts() map[string]any { return runFacts(r.WorkflowID, r.RunID) }

func (r *InvalidState) Error() string {
	return fmt.Sprintf("run %s of workflow %s is %s; this needs it to be %s", r.RunID, catalog.Quote(r.WorkflowID), r.Status, r.Want)
}
func (r *InvalidState) Code() string { return "invalid_state" }
func (r *InvalidState) Facts() map[string]any {
	facts := runFacts(r.WorkflowID, r.RunID)
	facts["run_status"], facts["want"] = r.Status.String(), r.Want
	return facts
}

func (r *ResourceExhausted) Error() string {
	return fmt.Sprintf("%s: the limit of %d is reached", r.What, r.Limit)
}
func (r *ResourceExhausted) Code() string { return "resource_exhausted" }
func (r *ResourceExhausted) Facts() map[string]any {
	return map[string]any{"what": r.What, "limit": r.Limit}
}

func (r *RequestMismatch) Error() string {
	return fmt.Sprintf("request id %s was used for another request", catalog.Quote(r.ID))
}
func (r *RequestMismatch) Code() string          { return "request_mismatch" }
func (r *RequestMismatch) Facts() map[string]any { return map[string]any{"request_id": r.ID} }

func (r *VersionPinned) Error() string {
	runs := "runs"
	if r.Counts.Total() == 1 {
		runs = "run"
	}
	return fmt.Sprintf("version %s is pinned by %d open %s, the first is workflow %s", r.Version.Short(), r.Counts.Total(), runs, catalog.Quote(r.Holders[0].WorkflowID))
}
func (r *VersionPinned) Code() string { return "version_pinned" }
func (r *VersionPinned) Facts() map[string]any {
	return map[string]any{"version": r.Version.String(), "counts": r.Counts, "total": r.Counts.Total(), "holders": r.Holders}
}

func (r *Fenced) Error() string {
	if r.RunID.IsZero() {
		return r.Why
	}
	return fmt.Sprintf("run %s: %s", r.RunID, r.Why)
}
func (r *Fenced) Code() string          { return "internal" }
func (r *Fenced) Facts() map[string]any { return map[string]any{"run_id": r.RunID.String()} }

func (r *Recheck) Error() string {
	return fmt.Sprintf("the input schema of %s changed while the start was under way", catalog.Quote(r.Type))
}
func (r *Recheck) Code() string          { return "unavailable" }
func (r *Recheck) Facts() map[string]any { return map[string]any{"workflow_type": r.Type} }
