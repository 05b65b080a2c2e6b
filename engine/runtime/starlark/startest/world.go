package startest

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// World is what a test acts upon. A call returns after everything that follows from it without time
// passing has happened, so a test behaves the same on every machine. Any error ends the test. A
// World calls Test.Perform from within these calls, on the same goroutine.
type World interface {
	// Start starts a run; it generates an id if none is given.
	Start(s Start) (Run, error)
	// Find returns the newest run of a workflow id.
	Find(workflowID string) (Run, error)
	// Skip lets time pass.
	Skip(d history.Duration) error
	// Now is the time.
	Now() history.Time
}

// Start describes a run to start.
type Start struct {
	Type       string
	WorkflowID string
	Input      history.Payload
	Attributes history.Attributes
}

// Run is a run of a World, together with those that continued it as new.
type Run interface {
	// ID returns its workflow id.
	ID() string
	Signal(name string, payload history.Payload) error
	Cancel(reason string) error
	Query(name string, args history.Payload) (history.Payload, error)
	// Update lets time pass until the update is answered. It fails if nothing more will happen
	// before that.
	Update(name string, args history.Payload) (Answer, error)
	// Look returns its current state.
	Look() (Standing, error)
	// Await lets time pass until it has closed. It fails if nothing more will happen before that.
	Await() (Standing, error)
	// History lists the types of its events. If the run was continued as new, they are those of the
	// newest run.
	History() ([]string, error)
}

// Standing is the state of a run, with its result or error if it is closed.
type Standing struct {
	Status history.Status
	Result history.Payload
	Error  *history.RunError
}

// Answer is what came of an update: its result, or why it was refused or failed.
type Answer struct {
	Result history.Payload
	Error  *history.RunError
}

// Ended is the error of a test that expected a run to end differently.
type Ended struct {
	WorkflowID string
	Standing
	Want string
}

func (e *Ended) Error() string {
	if e.Standing.Error != nil {
		return fmt.Sprintf("workflow %s %s, want %s: %s", e.WorkflowID, statusPhrase(e.Status), e.Want, e.Standing.Error.Error())
	}
	return fmt.Sprintf("workflow %s %s, want %s: its result is %.200s", e.WorkflowID, statusPhrase(e.Status), e.Want, e.Result)
}

// statusPhrase turns a status into a verb phrase.
func statusPhrase(s history.Status) string {
	switch s {
	case history.StatusCancelled, history.StatusTerminated:
		return "was " + s.String()
	case history.StatusTimedOut:
		return "timed out"
	}
	return s.String()
}
