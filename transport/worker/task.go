package worker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/transport/wire"
)

// Task is one attempt at an activity, as its handler sees it. It may be copied, and used from
// several goroutines until the handler returns.
type Task struct {
	WorkflowID   string
	RunID        string
	WorkflowType string
	Activity     string
	ActivityID   uint64    // number of the step within its run
	Attempt      uint32    // 1 for the first. An attempt number is never used twice
	Deadline     time.Time // of this attempt, by the cluster's clock; zero = none. The handler's context ends with it

	input, details json.RawMessage
	hold           *hold
}

// Key names the step, and is the same in every attempt at it: an idempotency key for whatever the
// handler does elsewhere.
func (t Task) Key() string { return fmt.Sprintf("%s:%d", t.RunID, t.ActivityID) }

// Input decodes the activity's input into v, as json.Unmarshal does. The error is a Failure that is
// not tried again: the same input comes every time.
func (t Task) Input(v any) error {
	if err := json.Unmarshal(t.RawInput(), v); err != nil {
		return &Failure{Kind: "invalid_input", Message: "the input of " + t.Activity + ": " + err.Error(), NonRetryable: true, Err: err}
	}
	return nil
}

// RawInput is the input as it came: one JSON value.
func (t Task) RawInput() json.RawMessage {
	if len(t.input) == 0 {
		return json.RawMessage("null")
	}
	return t.input
}

// Details decodes what the last heartbeat of the attempt before said, and reports whether there was
// any; without, v is left alone.
func (t Task) Details(v any) (bool, error) {
	if len(t.details) == 0 || bytes.Equal(t.details, []byte("null")) {
		return false, nil
	}
	if err := json.Unmarshal(t.details, v); err != nil {
		return false, fmt.Errorf("details of the attempt before at %s: %w", t.Activity, err)
	}
	return true, nil
}

// maxDetails is what a node takes of one heartbeat, in bytes: what an attempt has done so far goes
// elsewhere, here goes how to find it.
const maxDetails = 64 << 10

// Heartbeat says how far the handler has come: the next attempt reads it with Details. It returns
// at once; the newest details travel within a second, and before a failure does. The handler need
// not call it to keep its lease. The error is that of encoding the details, or why the handler's
// context is over.
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
	return t.hold.tell(b)
}

// encode writes one JSON value, for people too: HTML means nothing here.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// NewTask makes a task that no cluster has given, for tests of handlers. What its heartbeats say is
// dropped.
func NewTask(t wire.Task) Task {
	task := Task{
		WorkflowID: t.WorkflowID, RunID: t.RunID, WorkflowType: t.WorkflowType, Activity: t.Activity, ActivityID: t.ActivityID, Attempt: t.Attempt,
		input: t.Input, details: t.Details,
	}
	if t.Deadline != nil {
		task.Deadline = *t.Deadline
	}
	return task
}
