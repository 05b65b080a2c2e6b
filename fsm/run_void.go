package fsm

import (
	"aion.dev/aion/fsm/history"
)

// A turn that would close its run over a signal, or a request to cancel, that it has not seen is
// void: nothing is recorded, and the leader makes the turn again. Their senders were told that they
// are received, and code that drains its mailbox before it returns cannot guard against what comes
// after it has looked.
//
// Those who send without end could keep a run open so. After maxVoided such turns in a row a run
// takes no more signals and requests until it has recorded a turn: callers are told to try again,
// and find it closed, or going on. So the next closing turn has seen everything that they sent.
// Other runs, whose code cannot try again, are heard longer.
const (
	maxVoided       = 3
	maxVoidedByRuns = 100
)

// closesOver reports whether the turn would close r over what it has not seen. For signals and
// requests to cancel continuing as new is no such end: they go along.
func (c *RecordTurn) closesOver(t *step, r *row, last history.Data) bool {
	heard := []history.Type{history.TypeSignalReceived, history.TypeCancelRequested, history.TypeUpdateAccepted}
	switch last.(type) {
	case *history.WorkflowCompleted, *history.WorkflowFailed, *history.WorkflowCancelled:
	case *history.WorkflowContinuedAsNew: // an update is answered by the run that it was sent to
		heard = heard[2:]
	default:
		return false
	}
	if c.Rules < 1 || r.Voided >= maxVoidedByRuns {
		return false
	}
	return t.unseen(r, c.Through, heard...)
}

// hears refuses what r's code would have to see, when r is about to close and so many turns were
// void.
func (r *row) hears(most uint64) Refusal {
	if r.Voided < most {
		return nil
	}
	return &RunCloses{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID}
}

// RunCloses asks to come again: a run is about to close, and takes nothing more until that is
// decided. Nothing has happened.
type RunCloses struct {
	WorkflowID string
	RunID      history.RunID
}

func (r *RunCloses) Error() string {
	return "run " + r.RunID.String() + " of workflow \"" + r.WorkflowID + "\" is about to close, and takes nothing until its next turn; try again in a moment"
}

// Code implements Refusal.
func (r *RunCloses) Code() string { return "unavailable" }

// Facts implements Refusal.
func (r *RunCloses) Facts() map[string]any { return runFacts(r.WorkflowID, r.RunID) }
