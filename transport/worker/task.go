package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/transport/wire"
)

// Task is one attempt at an activity, as its handler sees it. It may be copied, and used by several
// goroutines until the handler returns.
type Task struct {
	WorkflowID   string
	RunID        string
	WorkflowType string
	Activity     string
	ActivityID   uint64    // number of the step within its run
	Attempt      uint32    // 1 for the first. No attempt number is used twice
	Token        string    // names this attempt, for those who report its outcome later: see ErrLater
	Deadline     time.Time // of this attempt, by the cluster's clock; zero = none. The handler's context ends then

	// Traceparent is the W3C Trace Context of this attempt, for the headers of what the handler
	// calls; empty unless the cluster traces.
	Traceparent string

	input, details json.RawMessage
	hold           *hold
}

// Key identifies the step, and is the same in every attempt at it: an idempotency key for the
// handler's external effects.
func (t Task) Key() string { return fmt.Sprintf("%s:%d", t.RunID, t.ActivityID) }

// Input decodes the activity's input into v, like json.Unmarshal. The error is a Failure that is
// not retried, because the input is the same every time.
func (t Task) Input(v any) error {
	if err := json.Unmarshal(t.RawInput(), v); err != nil {
		return &Failure{Kind: "invalid_input", Message: "the input of " + t.Activity + ": " + err.Error(), NonRetryable: true, Err: err}
	}
	return nil
}

// RawInput returns the input unchanged: one JSON value.
func (t Task) RawInput() json.RawMessage {
	if len(t.input) == 0 {
		return json.RawMessage("null")
	}
	return t.input
}

// Details decodes the details of the previous attempt's last heartbeat, and reports whether there
// were any; otherwise it leaves v alone.
func (t Task) Details(v any) (bool, error) {
	if len(t.details) == 0 || bytes.Equal(t.details, []byte("null")) {
		return false, nil
	}
	if err := json.Unmarshal(t.details, v); err != nil {
		return false, fmt.Errorf("details of the attempt before at %s: %w", t.Activity, err)
	}
	return true, nil
}

// maxDetails bounds the details of one heartbeat, in bytes. An attempt should store its progress
// elsewhere, and put into the details how to find it.
const maxDetails = 64 << 10

// Heartbeat records the handler's progress: the next attempt reads it with Details. It returns at
// once; the newest details are sent within a second, and before a failure is. The handler need not
// call it to keep its lease. The error is that of encoding the details, or why the handler's
// context has ended.
func (t Task) Heartbeat(details any) error {
	b, err := encode(details)
	if err != nil {
		return fmt.Errorf("details of a heartbeat of %s: %w", t.Activity, err)
	}
	if len(b) > maxDetails {
		return fmt.Errorf("details of a heartbeat of %s have %d bytes, more than %d", t.Activity, len(b), maxDetails)
	}
	if t.hold == nil {
		return nil
	}
	return t.hold.setDetails(b)
}

// encode encodes one JSON value. It does not escape HTML, because people read it too.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// NewTask makes a task that did not come from a cluster, for tests of handlers. Its heartbeats are
// dropped.
func NewTask(t wire.Task) Task {
	task := Task{
		WorkflowID: t.WorkflowID, RunID: t.RunID, WorkflowType: t.WorkflowType, Activity: t.Activity, ActivityID: t.ActivityID, Attempt: t.Attempt, Token: t.Token, Traceparent: t.Traceparent,
		input: t.Input, details: t.Details,
	}
	if t.Deadline != nil {
		task.Deadline = *t.Deadline
	}
	return task
}
