package wire

import "time"

// Jobs is the remaining work of commands that were too large for one entry, oldest first.
type Jobs struct {
	Jobs []Job `json:"jobs"`
	Indexed
}

// Job is one such command. It continues by itself, through any failover, and is gone when it is
// done.
type Job struct {
	ID          uint64    `json:"id"`
	Kind        string    `json:"kind"`                  // close_tree: closing the runs that end with another run; stop: pausing the runs of what is stopped; lift_stop: resuming those
	WorkflowID  string    `json:"workflow_id" ns:"name"` // of the run whose end started it; empty for jobs of a stop
	RunID       string    `json:"run_id"`                //
	Since       time.Time `json:"since"`                 // log time
	Cursor      uint64    `json:"cursor"`                // closed runs that it has cleaned up after
	RunsWaiting uint64    `json:"runs_waiting"`          // closed runs that are queued; runs below them are found on the way
	RunsClosed  uint64    `json:"runs_closed"`           // runs that it has closed so far

	WorkflowType string `json:"workflow_type,omitempty" ns:"name" doc:"Of a stop, or of one that is lifted: the type that is stopped"`
	Version      string `json:"version,omitempty" ns:"version" doc:"Likewise: the version"`
	RunsChanged  uint64 `json:"runs_changed,omitempty" doc:"Likewise: runs that it has paused, or resumed, so far"`
}
