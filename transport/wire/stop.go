package wire

import "time"

// StopRequest is the body of POST /v1/stops.
type StopRequest struct {
	Type    string `json:"type,omitempty" ns:"name" doc:"Workflow type to be stopped; this or version"`
	Version string `json:"version,omitempty" ns:"version" doc:"Version to be stopped with all types that it carries, full or a prefix"`
	Reason  string `json:"reason,omitempty" doc:"Why: starts that are refused say it, and the histories of the runs that are paused"`
}

// Stop is a workflow type, or a version, that is stopped.
type Stop struct {
	WorkflowType  string    `json:"workflow_type,omitempty" ns:"name" doc:"Absent if a version is stopped"`
	Version       string    `json:"version,omitempty" ns:"version" doc:"Absent if a type is stopped"`
	WorkflowTypes []string  `json:"workflow_types,omitempty" ns:"name" doc:"Of a version that is loaded: what it carries"`
	Reason        string    `json:"reason,omitempty"`
	StoppedBy     string    `json:"stopped_by,omitempty" doc:"Name of the token that did it"`
	StoppedAt     time.Time `json:"stopped_at,omitzero" doc:"In log time"`
	StoppedIndex  uint64    `json:"stopped_index,omitempty" doc:"No run of it has started or made a turn after this index"`
	RunsOpen      uint64    `json:"runs_open" doc:"Runs of it that were running then"`
}

// StopAnswer is the answer of a stop, and of lifting one.
type StopAnswer struct {
	Stop
	Changed bool   `json:"changed" doc:"False: it was stopped before, or was not"`
	JobID   uint64 `json:"job_id,omitempty" doc:"Job that pauses, or resumes, runs: see /v1/jobs"`
	Answered
}

// Stops lists what is stopped: types, then versions.
type Stops struct {
	Stops []Stop `json:"stops"`
	Indexed
}
