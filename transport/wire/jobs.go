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
	Kind        string    `json:"kind"`                  // close_tree: closing the runs that end with another run
	WorkflowID  string    `json:"workflow_id" ns:"name"` // of the run whose end started it
	RunID       string    `json:"run_id"`                //
	Since       time.Time `json:"since"`                 // log time
	Cursor      uint64    `json:"cursor"`                // closed runs that it has cleaned up after
	RunsWaiting uint64    `json:"runs_waiting"`          // closed runs that are queued; runs below them are found on the way
	RunsClosed  uint64    `json:"runs_closed"`           // runs that it has closed so far
}
