package wire

// ResetPoint says up to where a history is kept. One of its members is given.
type ResetPoint struct {
	To        string `json:"to,omitempty" doc:"The number of the last turn that is kept; or start (nothing but the input), last (all turns but the one that closed the run), failure (up to the turn that began the step whose failure is the newest)"`
	ToEvent   uint64 `json:"to_event,omitempty" doc:"Seq of the last event that is kept; in the middle of what a turn asked for, the rest of that is kept, too"`
	ToVersion string `json:"to_version,omitempty" ns:"version" doc:"The last turn before the run was moved to this version, full or a prefix"`
}

// ResetRequest is the body of POST /v1/workflows/{id}/reset.
type ResetRequest struct {
	ResetPoint
	On          string `json:"on,omitempty" ns:"version" doc:"Version, full or a prefix, with which the new run goes on if the turns that are kept replay on it; default: that of the run"`
	DropSignals bool   `json:"drop_signals,omitempty" doc:"Signals and updates that came after the point are not delivered to the new run"`
	Reason      string `json:"reason,omitempty" doc:"For the histories"`
	DryRun      bool   `json:"dry_run,omitempty" doc:"Replay what would be kept, say what would be redone, and change nothing"`
}

// ForkRequest is the body of POST /v1/workflows/{id}/fork.
type ForkRequest struct {
	ResetRequest
	As string `json:"as" ns:"name" doc:"Workflow id of the copy"`
}

// ResetAnswer says what a reset or a fork did, or would do. A repeated request has its first
// answer, without again and dropped_events.
type ResetAnswer struct {
	WorkflowID   string   `json:"workflow_id" ns:"name" doc:"Of the new run"`
	RunID        string   `json:"run_id,omitempty" doc:"The new run; absent for a dry run"`
	Version      string   `json:"version" ns:"version" doc:"With which it goes on"`
	OfWorkflowID string   `json:"of_workflow_id" ns:"name" doc:"Of the run whose history it begins with"`
	OfRunID      string   `json:"of_run_id" doc:"That run"`
	Turn         uint64   `json:"turn" doc:"The last turn that is kept; 0 = none is"`
	Event        uint64   `json:"event" doc:"The last event that is kept"`
	Rounded      bool     `json:"rounded,omitempty" doc:"That is more than to_event asked for: the rest of its turn"`
	Dropped      uint64   `json:"dropped_events,omitempty" doc:"Events of the old history that the new one does not have"`
	Ended        bool     `json:"ended,omitempty" doc:"The old run was open, and is terminated"`
	Messages     uint64   `json:"messages,omitempty" doc:"Signals and updates after the point that are delivered to the new run"`
	Children     uint64   `json:"children,omitempty" doc:"Open children that the new run took over; absent for a dry run"`
	Again        []Redone `json:"again,omitempty" doc:"What had no outcome at the point, and is under way in the new run"`
	DryRun       bool     `json:"dry_run,omitempty" doc:"Nothing was changed"`
	Answered
}

// Redone is a timer, an activity or a child that a new run has under way.
type Redone struct {
	Kind string `json:"kind" enum:"timer,activity,child"`
	ID   uint64 `json:"id" doc:"Ordinal of the step within the run"`
	Name string `json:"name,omitempty" doc:"The activity; the child's workflow id, if it is not started anew"`
}

// Origin is the run whose history another one begins with.
type Origin struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id"`
	Turn       uint64 `json:"turn" doc:"The last turn that was kept"`
	Event      uint64 `json:"event" doc:"The last event that was kept"`
	Fork       bool   `json:"fork,omitempty" doc:"That run was left alone"`
}
