package history

import "fmt"

// Status is where a run stands: a projection of its events, see Fold.
type Status uint8

// Statuses; numbers are stored, so they are never reused.
const (
	StatusRunning        Status = 1
	StatusPaused         Status = 2
	StatusCompleted      Status = 3
	StatusFailed         Status = 4
	StatusCancelled      Status = 5
	StatusTerminated     Status = 6
	StatusTimedOut       Status = 7
	StatusContinuedAsNew Status = 8
)

var statusNames = [...]string{
	StatusRunning: "running", StatusPaused: "paused", StatusCompleted: "completed", StatusFailed: "failed", StatusCancelled: "cancelled",
	StatusTerminated: "terminated", StatusTimedOut: "timed_out", StatusContinuedAsNew: "continued_as_new",
}

// Open reports whether the run can still make progress or be resumed.
func (s Status) Open() bool { return s == StatusRunning || s == StatusPaused }

// String is the name that users see.
func (s Status) String() string {
	if int(s) < len(statusNames) && s > 0 {
		return statusNames[s]
	}
	return "none"
}

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (s *Status) UnmarshalText(b []byte) (err error) {
	*s, err = ParseStatus(string(b))
	return err
}

// ParseStatus reads a name that users write.
func ParseStatus(name string) (Status, error) {
	for s, n := range statusNames {
		if n == name && n != "" {
			return Status(s), nil
		}
	}
	return 0, fmt.Errorf("status %q is not one of running, paused, completed, failed, cancelled, terminated, timed_out, continued_as_new", name)
}

// Fold returns the status after e, given the status before it.
func Fold(s Status, e Data) Status {
	switch e.(type) {
	case *WorkflowStarted, *WorkflowReopened, *WorkflowReset, *WorkflowResumed:
		return StatusRunning
	case *WorkflowPaused:
		return StatusPaused
	case *WorkflowCompleted:
		return StatusCompleted
	case *WorkflowFailed:
		return StatusFailed
	case *WorkflowCancelled:
		return StatusCancelled
	case *WorkflowTerminated:
		return StatusTerminated
	case *WorkflowTimedOut:
		return StatusTimedOut
	case *WorkflowContinuedAsNew:
		return StatusContinuedAsNew
	}
	return s
}

// Next is the run that goes on from the one that e closes: it continues as new, or is tried again.
// Zero = none does.
func Next(e Data) RunID {
	switch e := e.(type) {
	case *WorkflowContinuedAsNew:
		return e.NewRunID
	case *WorkflowFailed:
		return e.NewRunID
	case *WorkflowTimedOut:
		return e.NewRunID
	}
	return RunID{}
}

// Closes reports whether e ends its run.
func Closes(e Data) bool {
	s := Fold(StatusRunning, e)
	return s != StatusPaused && !s.Open()
}

// Wakes reports whether e gives workflow code something new to see, so that the run needs a turn.
func Wakes(e Data) bool {
	switch e := e.(type) {
	case *WorkflowStarted:
		return e.BeginsAt == 0
	case *WorkflowBegan, *WorkflowReopened, *WorkflowReset, *CancelRequested, *SignalReceived, *UpdateAccepted, *TimerFired, *ActivityCompleted, *ActivityFailed,
		*ChildWorkflowCompleted, *ChildWorkflowFailed, *ResultReceived:
		return true
	case *ChildWorkflowCancelled:
		return !e.Asked
	}
	return false
}
