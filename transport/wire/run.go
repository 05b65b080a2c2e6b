package wire

import (
	"encoding/json"
	"strings"
	"time"
)

// RunRef addresses the latest run of a workflow id, or another one by its run id.
type RunRef struct {
	WorkflowID string
	RunID      string // empty = the latest
}

// Attributes are a run's searchable values by name.
type Attributes map[string]json.RawMessage

// CutAttribute parts NAME=VALUE as people write it. A name that has a = in it, or begins with a
// quote, is written as a JSON string: "a=b"=1. It reports false when there is no name.
func CutAttribute(s string) (name, value string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		name, value, ok = strings.Cut(s, "=")
		return name, value, ok && name != ""
	}
	d := json.NewDecoder(strings.NewReader(s))
	if err := d.Decode(&name); err != nil {
		return "", "", false
	}
	value, ok = strings.CutPrefix(s[d.InputOffset():], "=")
	return name, value, ok && name != ""
}

// AttributeValue reads a value as people write it in K=V: JSON when it is JSON, else a string.
func AttributeValue(s string) json.RawMessage {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	b, _ := json.Marshal(s)
	return b
}

// StartRequest is the body of POST /v1/workflows.
type StartRequest struct {
	Type       string          `json:"type"`
	Input      json.RawMessage `json:"input,omitempty"`
	WorkflowID string          `json:"workflow_id,omitempty" doc:"Default: a generated one"`
	Version    string          `json:"version,omitempty" doc:"Full or prefix; default: the routed one"`
	Attributes Attributes      `json:"attributes,omitempty"`
	Timeout    string          `json:"timeout,omitempty" doc:"Of the whole run, a Go duration; default: the package's"`
}

// StartAnswer names the run. The fields of Result are there only with ?wait=.
type StartAnswer struct {
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"`
	Version    string          `json:"version"`
	Status     string          `json:"status,omitempty" doc:"With ?wait= only"`
	Result     json.RawMessage `json:"result,omitempty" doc:"With ?wait= only, of a completed run"`
	Error      *RunError       `json:"error,omitempty" doc:"With ?wait= only, of a run that did not complete"`
	Answered
}

// RunError says why a run failed.
type RunError struct {
	Kind    string          `json:"kind"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details,omitempty"`
}

// Error is "kind: message".
func (e *RunError) Error() string { return e.Kind + ": " + e.Message }

// Result is how a run stands, and how it ended if it did.
type Result struct {
	Status     string          `json:"status"`
	Result     json.RawMessage `json:"result,omitempty" doc:"Of a completed run"`
	Error      *RunError       `json:"error,omitempty" doc:"Of a run that did not complete"`
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"`
	Indexed
	ContinuedTo string `json:"continued_to,omitempty" doc:"The run that continues this one, which was asked for by its run id"`
}

// Open reports whether a status is that of a run that can still make progress or be resumed.
func Open(status string) bool { return status == "running" || status == "paused" }

// Wait is one thing that a run waits for.
type Wait struct {
	Kind string `json:"kind" enum:"timer,signal,child,activity"`
	ID   uint64 `json:"id" doc:"Ordinal of the wait within the run"`
	Name string `json:"name,omitempty"`
}

// Run describes a run.
type Run struct {
	WorkflowID      string     `json:"workflow_id"`
	RunID           string     `json:"run_id"`
	WorkflowType    string     `json:"workflow_type"`
	Version         string     `json:"version"`
	Status          string     `json:"status" enum:"running,paused,completed,failed,cancelled,terminated,timed_out,continued_as_new"`
	StartedAt       time.Time  `json:"started_at"`
	ClosedAt        *time.Time `json:"closed_at,omitempty"`
	Parent          *RunName   `json:"parent,omitempty"`
	Attributes      Attributes `json:"attributes"`
	Events          uint64     `json:"events" doc:"Length of the history"`
	WaitingOn       []Wait     `json:"waiting_on"`
	Quarantined     bool       `json:"quarantined,omitempty" doc:"Paused because its code broke the runtime or its replay; resume clears it"`
	CancelRequested bool       `json:"cancel_requested,omitempty"`
	Schedule        string     `json:"schedule,omitempty" doc:"Id of the schedule that started it"`
}

// MaxPending is how many pending activities a description names.
const MaxPending = 100

// Chain is where a run stands among those that continue one another.
type Chain struct {
	Attempt       uint64 `json:"attempt" doc:"1 for the first run, one more for each that continues as new"`
	FirstRunID    string `json:"first_run_id,omitempty" doc:"Of a run that continues another: the first of them"`
	ContinuedFrom string `json:"continued_from,omitempty" doc:"The run that it continues"`
	ContinuedTo   string `json:"continued_to,omitempty" doc:"The run that continues it"`
}

// Described is the answer of GET /v1/workflows/{id}.
type Described struct {
	Run
	PendingActivities      []PendingActivity `json:"pending_activities" doc:"The first 100, by activity_id"`
	PendingActivitiesTotal uint64            `json:"pending_activities_total,omitempty" doc:"If there are more than are named"`

	Input         json.RawMessage `json:"input" doc:"That it was started with"`
	Result        json.RawMessage `json:"result,omitempty" doc:"Of a completed run"`
	Error         *RunError       `json:"error,omitempty" doc:"Of a run that ended in another way; of a terminated or cancelled one with the reason that was given"`
	CancelReason  string          `json:"cancel_reason,omitempty" doc:"Given by whoever asked to cancel it"`
	PauseReason   string          `json:"pause_reason,omitempty" doc:"Of a paused run: given by whoever paused it, or why it was quarantined"`
	UnreadSignals uint64          `json:"unread_signals" doc:"How many signals its code has not taken; the history names them"`
	Children      []ChildRun      `json:"children" doc:"The first 100 that are open"`
	ChildrenTotal uint64          `json:"children_total,omitempty" doc:"If more are open than are named"`
	Chain
	Indexed
}

// ChildRun is a child of a run.
type ChildRun struct {
	WorkflowID   string `json:"workflow_id"`
	RunID        string `json:"run_id"`
	WorkflowType string `json:"workflow_type"`
	Status       string `json:"status"`
}

// RunFilter narrows a listing; zero fields do not.
type RunFilter struct {
	Type       string
	Status     string
	Version    string   // full or prefix
	Attributes []string // K=V, see CutAttribute and AttributeValue

	// Of Counts these are not used.
	Parent                    string // workflow id of the parent
	StartedAfter, ClosedAfter string // RFC 3339: at or after. The ones on closing leave out open runs
	StartedBefore             string // RFC 3339: before
	ClosedBefore              string
}

// Runs is a page of runs, newest first.
type Runs struct {
	Workflows  []Run  `json:"workflows"`
	NextCursor string `json:"next_cursor,omitempty"`
	Indexed
}

// Event is a line of a run's history.
type Event struct {
	Seq  uint64          `json:"seq"`
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// History is a part of a run's history. Next is where to go on; 0: the run is closed and there is
// no more.
type History struct {
	Events []Event `json:"events"`
	Next   uint64  `json:"next,omitempty"`
	Indexed
}

// Reason is the optional body of cancel, terminate and pause.
type Reason struct {
	Reason string `json:"reason,omitempty"`
}

// RunAnswer says which run a command reached, and where it stands.
type RunAnswer struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Status     string `json:"status"`
	Answered
	AlreadyRequested bool `json:"already_requested,omitempty"` // of cancel: it had been asked before, and this request changed nothing
}

// QueryRequest is the optional body of a query.
type QueryRequest struct {
	Args json.RawMessage `json:"args,omitempty"`
}

// QueryAnswer is what the query handler returned.
type QueryAnswer struct {
	Result json.RawMessage `json:"result"`
	Indexed
}
