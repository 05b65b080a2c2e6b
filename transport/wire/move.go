package wire

import "time"

// MoveRequest is the body of POST /v1/moves: which open runs go from one version to another.
type MoveRequest struct {
	Type   string   `json:"type" ns:"name"`
	From   string   `json:"from" ns:"version" doc:"Version that the runs are on, full or a prefix"`
	To     string   `json:"to" ns:"version" doc:"Version that they go to, full or a prefix; it has to be loaded"`
	IDs    []string `json:"ids,omitempty" ns:"name" doc:"Workflow ids; default: every open run of the type on that version"`
	Where  []string `json:"where,omitempty" ns:"where" doc:"Conditions, as in a listing: only runs that meet all"`
	DryRun bool     `json:"dry_run,omitempty" doc:"Prove, and move nothing"`
}

// MoveStarted is the answer of POST /v1/moves.
type MoveStarted struct {
	MoveID string `json:"move_id" doc:"Known to the node that leads alone"`
	Runs   uint64 `json:"runs" doc:"How many runs will be looked at; until all are found, at most so many"`
	Node   string `json:"node" doc:"Id of the node that does it"`
	Answered
}

// Move tells how far a move has come.
type Move struct {
	MoveID     string       `json:"move_id" doc:"As the start answered"`
	Status     string       `json:"status" enum:"running,completed,stopped,failed"`
	Why        string       `json:"why,omitempty" ns:"text" doc:"Why it failed"`
	Node       string       `json:"node" doc:"Id of the node that does it"`
	Done       uint64       `json:"done" doc:"Runs with a verdict"`
	Total      uint64       `json:"total" doc:"Runs to look at; until all are found, at most so many"`
	Moved      uint64       `json:"moved" doc:"They are on the new version now"`
	Same       uint64       `json:"same" doc:"In a dry run: they would be moved"`
	Diverged   uint64       `json:"diverged" doc:"They ask for something else on the new version, and stay"`
	Differed   uint64       `json:"differed" doc:"They would end differently, and stay"`
	Skipped    uint64       `json:"skipped" doc:"They stay for another reason, such as having closed"`
	Results    []MoveResult `json:"results" doc:"A page of the verdicts, in the order in which they were found"`
	LeftOff    uint64       `json:"left_off" doc:"Verdicts that are counted and not kept"`
	NextCursor string       `json:"next_cursor,omitempty" doc:"Absent when there will be no more results"`
	BeganAt    time.Time    `json:"began_at" doc:"By the clock of the node"`
	EndedAt    *time.Time   `json:"ended_at,omitempty" doc:"By the clock of the node; absent while it runs"`
	Indexed
}

// MoveResult is the verdict on one run.
type MoveResult struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id,omitempty" doc:"Absent: there is no such run"`
	Version    string `json:"version,omitempty" ns:"version" doc:"That the run is on now; absent: there is no such run"`
	Verdict    string `json:"verdict" enum:"moved,same,diverged,differed,skipped" doc:"What became of the run"`
	Seq        uint64 `json:"seq,omitempty" doc:"Of the first recorded event that was not asked for again; absent if the new version asks for more than was recorded"`
	Recorded   string `json:"recorded,omitempty" doc:"What was recorded there; absent: nothing more"`
	Asked      string `json:"asked,omitempty" doc:"What the new version asks for; absent: nothing more"`
	Where      string `json:"where,omitempty" doc:"File and line of the new version that asks, or that waits; absent: it had ended"`
	Why        string `json:"why,omitempty" ns:"text" doc:"Why it was skipped"`
}
