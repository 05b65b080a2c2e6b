package wire

import (
	"encoding/json"
	"strings"
	"time"
)

// RunRef refers to the latest run of a workflow id, or to another one by its run id.
type RunRef struct {
	WorkflowID string
	RunID      string // empty = the latest
}

// Attributes are a run's searchable values by name.
type Attributes map[string]json.RawMessage

// CutAttribute splits NAME=VALUE as people write it. A name that contains = or starts with a quote
// is written as a JSON string: "a=b"=1. It returns false if there is no name.
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

// AttributeValue parses a value as people write it in K=V: as JSON if it is JSON, otherwise as a
// string.
func AttributeValue(s string) json.RawMessage {
	if json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	b, _ := json.Marshal(s)
	return b
}

// StartRequest is the body of POST /v1/workflows.
type StartRequest struct {
	Type       string          `json:"type" ns:"name"`
	Input      json.RawMessage `json:"input,omitempty"`
	WorkflowID string          `json:"workflow_id,omitempty" ns:"name" doc:"Default: a generated one"`
	Version    string          `json:"version,omitempty" ns:"version" doc:"Full or prefix; default: the routed one"`
	Archive    string          `json:"archive,omitempty" doc:"SHA-256 of an archive that PUT /v1/archives has stored, in place of version: it is loaded, without a route, and the run starts on it, in one step. Not in a batch"`
	Ephemeral  bool            `json:"ephemeral,omitempty" doc:"With archive: a version that this loads is unloaded in the entry in which the last run on it closes"`
	Signatures []string        `json:"signatures,omitempty" doc:"With archive: signatures of its version, as lines of its signature file"`
	Attributes Attributes      `json:"attributes,omitempty"`
	Timeout    string          `json:"timeout,omitempty" doc:"Time limit of the whole run, a Go duration; default: the package's"`

	Update   *StartUpdate `json:"update,omitempty" doc:"Update of the run that the start came to: of the new one or, as if_open is use then unless it is given, of the open one. With wait the answer waits for the update's, not for the run's end. Not with delay, and not in a batch"`
	Signal   *StartSignal `json:"signal,omitempty" doc:"Signal that the run receives as it starts or, with if_open signal, the run that is open"`
	IfOpen   string       `json:"if_open,omitempty" enum:"refuse,signal,use,terminate" doc:"What to do if a run of this workflow id and type is open: refuse (default), hand it the signal, answer with it, or terminate it and start"`
	IfClosed string       `json:"if_closed,omitempty" enum:"allow,failed_only,refuse" doc:"Whether to start after the newest run of this workflow id, if that is closed and still kept: allow (default), failed_only (unless it completed), refuse"`
	Delay    string       `json:"delay,omitempty" doc:"A Go duration after which the run begins. It is open meanwhile"`

	Retry        *RetryPolicy `json:"retry,omitempty" doc:"Start the run anew when it fails or times out: as another run of the workflow id, with the same input and all signals"`
	ChainTimeout string       `json:"chain_timeout,omitempty" doc:"Time limit of the run with all runs that continue it, or try again, a Go duration"`
}

// RetryPolicy says how often a run is tried, and how long it waits between.
type RetryPolicy struct {
	MaxAttempts  uint32   `json:"max_attempts,omitempty" doc:"Tries in all; 0: as many as it takes"`
	Backoff      string   `json:"backoff,omitempty" doc:"Wait before the second try, a Go duration. Default: 1s"`
	Factor       float64  `json:"factor,omitempty" least:"1 to 1000 are allowed; leave it out for 2" doc:"Factor by which the wait grows with each failure, 1 to 1,000. Default: 2"`
	MaxBackoff   string   `json:"max_backoff,omitempty" doc:"Longest wait. Default: 1m"`
	NonRetryable []string `json:"non_retryable,omitempty" doc:"Kinds of failures after which it is not tried again; timed_out is the one of the time limit"`
}

// StartSignal is a signal that comes with a start.
type StartSignal struct {
	Name    string          `json:"name" doc:"Name of the signal"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// StartUpdate is an update that comes with a start.
type StartUpdate struct {
	Name     string          `json:"name" doc:"Name of the update"`
	Args     json.RawMessage `json:"args,omitempty" doc:"What the handler gets: any JSON value, default null"`
	UpdateID string          `json:"update_id,omitempty" doc:"The same id has one effect and one answer; default: one that follows from the request id"`
}

// StartOutcome says what a start came to. It is empty unless the start has signal, if_open,
// if_closed or delay.
type StartOutcome struct {
	Outcome         string     `json:"outcome,omitempty" enum:"started,signalled,used" doc:"Of a start with signal, if_open, if_closed or delay: the run was started, or it was open and has received the signal, or it was open and nothing has happened"`
	TerminatedRunID string     `json:"terminated_run_id,omitempty" doc:"With if_open terminate: the run in whose place it was started"`
	BeginsAt        *time.Time `json:"begins_at,omitempty" doc:"When the run's delay is over, in log time"`
}

// StartAnswer identifies the run. The fields of Result are present only with ?wait=.
type StartAnswer struct {
	WorkflowID string          `json:"workflow_id" ns:"name"`
	RunID      string          `json:"run_id"`
	Version    string          `json:"version" ns:"version"`
	Status     string          `json:"status,omitempty" doc:"With ?wait= only"`
	Result     json.RawMessage `json:"result,omitempty" doc:"With ?wait= only, if the run completed"`
	Error      *RunError       `json:"error,omitempty" doc:"With ?wait= only, if the run did not complete"`

	PayloadWithheld bool `json:"payload_withheld,omitempty" doc:"With ?wait= only: result and error are left out, because the token lacks the grant payload"`

	Update        *UpdateAnswer `json:"update,omitempty" doc:"With update: where that stands"`
	UpdateProblem *Problem      `json:"update_problem,omitempty" doc:"With update: why the run did not take it, or that nobody knows. The start has taken effect all the same"`

	FreshlyLoaded bool `json:"freshly_loaded,omitempty" doc:"With archive: this start loaded the version"`
	Ephemeral     bool `json:"ephemeral,omitempty" doc:"With archive: the version is unloaded in the entry in which the last run on it closes"`
	StartOutcome
	Answered
}

// MaxStarts is how many runs one call may start, unless limits.batch_starts says otherwise.
const MaxStarts = 1000

// StartItem is one start of many.
type StartItem struct {
	StartRequest
	RequestID string `json:"request_id,omitempty" doc:"1 to 200 printable characters: it has at most one effect, whichever batch it is in. Default: the key of the call with / and the item's place, from 0"`
}

// StartBatch is the body of POST /v1/workflows:batch.
type StartBatch struct {
	Starts []StartItem `json:"starts" doc:"1 to 1,000, unless limits.batch_starts says otherwise"`
}

// StartReply is the outcome of one start of many: the run, or a Problem.
type StartReply struct {
	OK           bool   `json:"ok"`
	WorkflowID   string `json:"workflow_id,omitempty" ns:"name"`
	RunID        string `json:"run_id,omitempty"`
	Version      string `json:"version,omitempty" ns:"version"`
	Index        uint64 `json:"index,omitempty" doc:"Log index at which it was started"`
	Deduplicated bool   `json:"deduplicated,omitempty" doc:"The request id was known: this is its first answer, and nothing was done now"`
	StartOutcome
	Problem *Problem `json:"problem,omitempty" doc:"Why it was not started, or that nobody knows; present unless ok"`
}

// StartReplies has one reply for each start, in the order asked.
type StartReplies struct {
	Results []StartReply `json:"results"`
	Indexed
}

// RunError says why a run failed.
type RunError struct {
	Kind    string          `json:"kind"`
	Message string          `json:"message"`
	Details json.RawMessage `json:"details,omitempty"`
}

// Error is "kind: message".
func (e *RunError) Error() string { return e.Kind + ": " + e.Message }

// Result is the state of a run, and its outcome if it has closed.
type Result struct {
	Status     string          `json:"status"`
	Result     json.RawMessage `json:"result,omitempty" doc:"Present if the run completed"`
	Error      *RunError       `json:"error,omitempty" doc:"Present if the run did not complete"`
	WorkflowID string          `json:"workflow_id" ns:"name"`
	RunID      string          `json:"run_id"`
	Indexed
	ContinuedTo string `json:"continued_to,omitempty" doc:"The run that continues this one, or tries again, if it was requested by run id"`
}

// Open reports whether a run with this status can still make progress or be resumed.
func Open(status string) bool { return status == "running" || status == "paused" }

// Wait is one thing that a run waits for.
type Wait struct {
	Kind string `json:"kind" enum:"timer,signal,child,activity,condition"`
	ID   uint64 `json:"id" doc:"Ordinal of the wait within the run"`
	Name string `json:"name,omitempty"`
}

// Run describes a run.
type Run struct {
	WorkflowID      string     `json:"workflow_id" ns:"name"`
	RunID           string     `json:"run_id"`
	WorkflowType    string     `json:"workflow_type" ns:"name"`
	Version         string     `json:"version" ns:"version"`
	Status          string     `json:"status" enum:"running,paused,completed,failed,cancelled,terminated,timed_out,continued_as_new"`
	StartedAt       time.Time  `json:"started_at"`
	BeginsAt        *time.Time `json:"begins_at,omitempty" doc:"When the delay of a run is over that has not begun, in log time"`
	ClosedAt        *time.Time `json:"closed_at,omitempty"`
	Parent          *RunName   `json:"parent,omitempty"`
	Attributes      Attributes `json:"attributes"`
	Events          uint64     `json:"events" doc:"Length of the history"`
	WaitingOn       []Wait     `json:"waiting_on"`
	Quarantined     bool       `json:"quarantined,omitempty" doc:"Paused because its code broke the runtime or its replay; resume clears it"`
	Stopped         bool       `json:"stopped,omitempty" doc:"Paused because its type or its version was stopped"`
	CancelRequested bool       `json:"cancel_requested,omitempty"`
	Schedule        string     `json:"schedule,omitempty" ns:"name" doc:"Id of the schedule that started it"`
	ResetOf         *Origin    `json:"reset_of,omitempty" doc:"The run whose history it begins with, if it is a reset or a fork"`
	ResetAs         string     `json:"reset_as,omitempty" doc:"The run that took its place when it was reset"`
}

// MaxPending bounds the pending activities that a description lists.
const MaxPending = 100

// Chain locates a run among the runs that continue one another.
type Chain struct {
	Attempt       uint64 `json:"attempt" doc:"1 for the first run, one more for each that continues as new or tries again"`
	FirstRunID    string `json:"first_run_id,omitempty" doc:"First run of the chain, if this run continues another"`
	ContinuedFrom string `json:"continued_from,omitempty" doc:"The run that it continues"`
	ContinuedTo   string `json:"continued_to,omitempty" doc:"The run that continues it, or tries again"`

	Retry        *RetryPolicy `json:"retry,omitempty" doc:"How it is tried again"`
	Try          uint64       `json:"try,omitempty" doc:"Of a run with retry: 1 for the first try"`
	ChainTimeout string       `json:"chain_timeout,omitempty" doc:"Time limit of the run with all runs that continue it, or try again"`
}

// Described is the answer of GET /v1/workflows/{id}.
type Described struct {
	Run
	PendingActivities      []PendingActivity `json:"pending_activities" doc:"The first 100, by activity_id"`
	PendingActivitiesTotal uint64            `json:"pending_activities_total,omitempty" doc:"Total, if there are more than are listed"`

	Input         json.RawMessage `json:"input" doc:"Input with which it was started"`
	Result        json.RawMessage `json:"result,omitempty" doc:"Present if the run completed"`
	Error         *RunError       `json:"error,omitempty" doc:"Present if the run ended in another way; for a terminated or cancelled run, with the given reason"`
	CancelReason  string          `json:"cancel_reason,omitempty" doc:"Reason of the request to cancel it"`
	PauseReason   string          `json:"pause_reason,omitempty" doc:"Why the run was paused or quarantined"`
	UnreadSignals uint64          `json:"unread_signals" doc:"Number of signals that its code has not consumed; the history names them"`
	Children      []ChildRun      `json:"children" doc:"The first 100 that are open"`
	ChildrenTotal uint64          `json:"children_total,omitempty" doc:"Total, if more are open than are listed"`

	PayloadWithheld bool `json:"payload_withheld,omitempty" doc:"Input, result, details and the texts of errors are left out, because the token lacks the grant payload"`
	Chain
	Indexed
}

// ChildRun is a child of a run.
type ChildRun struct {
	WorkflowID   string `json:"workflow_id" ns:"name"`
	RunID        string `json:"run_id"`
	WorkflowType string `json:"workflow_type" ns:"name"`
	Status       string `json:"status"`
}

// RunFilter restricts a listing; zero fields do not.
type RunFilter struct {
	Type       string
	Status     string
	Version    string   // full or prefix
	Attributes []string // K=V, see CutAttribute and AttributeValue
	Where      []string // see CutCondition

	// Counts does not use these:
	Sort                      string // started, closed or the name of an attribute; with a - before it the greatest first
	Parent                    string // workflow id of the parent
	StartedAfter, ClosedAfter string // RFC 3339: at or after. Those on closing exclude open runs
	StartedBefore             string // RFC 3339: before
	ClosedBefore              string
}

// Runs is a page of runs, newest first.
type Runs struct {
	Workflows  []Run  `json:"workflows"`
	NextCursor string `json:"next_cursor,omitempty"`
	Indexed
}

// Event is an event of a run's history.
type Event struct {
	Seq  uint64          `json:"seq"`
	At   time.Time       `json:"at"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`

	Bytes []byte `json:"bytes,omitempty" doc:"The event as it is recorded, base64, if record=true was asked for: what a replay needs"`
}

// RunRecord is what a replay of a run needs beside its events.
type RunRecord struct {
	WorkflowID   string   `json:"workflow_id" ns:"name"`
	RunID        string   `json:"run_id"`
	WorkflowType string   `json:"workflow_type" ns:"name"`
	Version      string   `json:"version" ns:"version" doc:"That the run is on"`
	Status       string   `json:"status"`
	Reopened     []uint64 `json:"reopened,omitempty" doc:"The seqs of its WorkflowReopened events"`
	Turns        []Turn   `json:"turns" doc:"At most 1000, after after_turn"`
}

// Turn is the record of one deterministic step of workflow code.
type Turn struct {
	N        uint64    `json:"n" doc:"1, 2, 3 and so on"`
	Through  uint64    `json:"through" doc:"The newest event that it had seen"`
	At       time.Time `json:"at"`
	FirstSeq uint64    `json:"first_seq" doc:"Of the first event that it asked for, were there one"`
	Count    uint64    `json:"count" doc:"How many it asked for"`
	Cut      bool      `json:"cut,omitempty" doc:"The next turn goes on in the middle of the code's work"`
	Rules    uint64    `json:"rules,omitempty"`
	Waits    uint64    `json:"waits,omitempty" doc:"It was cut at the wait of this number, of those that could go on at once"`
}

// History is a part of a run's history. Next is where the next part starts; 0: the run is closed
// and has no more events.
type History struct {
	Events []Event `json:"events"`
	Next   uint64  `json:"next,omitempty"`

	Record *RunRecord `json:"record,omitempty" doc:"If record=true was asked for, and the token has the grant payload"`

	PayloadWithheld bool `json:"payload_withheld,omitempty" doc:"Payloads and the texts of errors are left out of all events, because the token lacks the grant payload"`
	Indexed
}

// Reason is the optional body of cancel, terminate and pause.
type Reason struct {
	Reason string `json:"reason,omitempty"`
}

// RunAnswer identifies the run that a command reached, and its status.
type RunAnswer struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id"`
	Status     string `json:"status"`
	Answered
	AlreadyRequested bool `json:"already_requested,omitempty"` // for cancel: it had been requested before, and this request changed nothing
}

// UpdateRequest is the optional body of an update.
type UpdateRequest struct {
	Args     json.RawMessage `json:"args,omitempty" doc:"What the handler gets: any JSON value, default null"`
	UpdateID string          `json:"update_id,omitempty" doc:"The same id has one effect and one answer; default: a new one"`
}

// UpdateAnswer says where an update stands.
type UpdateAnswer struct {
	WorkflowID string          `json:"workflow_id" ns:"name"`
	RunID      string          `json:"run_id,omitempty" doc:"The run that accepted it; absent if it was rejected"`
	UpdateID   string          `json:"update_id"`
	Name       string          `json:"name"`
	Status     string          `json:"status" enum:"accepted,completed,rejected" doc:"accepted: the run has it and has not answered; completed: it has; rejected: a validator did not agree, and nothing has happened"`
	Result     json.RawMessage `json:"result,omitempty" doc:"Present if the handler returned"`
	Error      *RunError       `json:"error,omitempty" doc:"Why it was rejected, or what the handler failed with; beside accepted: why there will be no answer"`
	Answered
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
