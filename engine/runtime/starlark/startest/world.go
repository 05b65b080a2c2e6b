package startest

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// World is what a test acts upon. A call returns when all that follows from it and takes no time
// has happened, so that a test reads the same on every machine. Any error ends the test. A World
// calls Test.Perform from within these calls, on the same goroutine.
type World interface {
	// Start starts a run; an empty id is made up.
	Start(s Start) (Run, error)
	// Find returns the newest run of a workflow id.
	Find(workflowID string) (Run, error)
	// Skip lets time pass.
	Skip(d history.Duration) error
	// Now is the time.
	Now() history.Time
}

// Start is what a run is started with.
type Start struct {
	Type       string
	WorkflowID string
	Input      history.Payload
	Attributes history.Attributes
}

// Run is a run of a World, and those that continued it as new.
type Run interface {
	// ID is its workflow id.
	ID() string
	Signal(name string, payload history.Payload) error
	Cancel(reason string) error
	Query(name string, args history.Payload) (history.Payload, error)
	// Look tells how it stands now.
	Look() (Standing, error)
	// Await lets time pass until it is closed. It is an error if nothing more will happen before.
	Await() (Standing, error)
	// History lists the types of its events; of one that was continued as new, those of the newest
	// run.
	History() ([]string, error)
}

// Standing is how a run stands: its result or its error if it is closed.
type Standing struct {
	Status history.Status
	Result history.Payload
	Error  *history.RunError
}

// Ended is the error of a test that wanted another end of a run.
type Ended struct {
	WorkflowID string
	Standing
	Want string
}

func (e *Ended) Error() string {
	if e.Standing.Error != nil {
		return fmt.Sprintf("workflow %s %s, want %s: %s", e.WorkflowID, said(e.Status), e.Want, e.Standing.Error.Error())
	}
	return fmt.Sprintf("workflow %s %s, want %s: its result is %.200s", e.WorkflowID, said(e.Status), e.Want, e.Result)
}

// said puts a status into a sentence.
func said(s history.Status) string {
	switch s {
	case history.StatusCancelled, history.StatusTerminated:
		return "was " + s.String()
	case history.StatusTimedOut:
		return "timed out"
	}
	return s.String()
}
