package wire

import (
	"encoding/json"
	"time"
)

// BatchRequest is the body of POST /v1/batches: one operation, and the runs to which it is done.
type BatchRequest struct {
	Operation string          `json:"operation" enum:"cancel,terminate,pause,resume,signal,reopen,move,reset" doc:"What is done to each run"`
	Where     []string        `json:"where" ns:"where" doc:"Conditions, as in a listing: runs that meet all, and started before the batch"`
	DryRun    bool            `json:"dry_run,omitempty" doc:"Count the runs, and do nothing"`
	Rate      uint64          `json:"rate,omitempty" least:"1 to 10000 are allowed" doc:"Runs a second, at most; 1 to 10000, default 100"`
	Reason    string          `json:"reason,omitempty" doc:"For the histories; of cancel, terminate, pause, reopen and reset"`
	Signal    string          `json:"signal,omitempty" doc:"Of a signal: its name"`
	Payload   json.RawMessage `json:"payload,omitempty" doc:"Of a signal: any JSON value"`
	To        string          `json:"to,omitempty" ns:"version" doc:"Of a move: the version that the runs go to, full or a prefix; of a reset: with which they go on, their own by default"`

	Point       *ResetPoint `json:"point,omitempty" doc:"Of a reset: up to where the history of each run is kept. No to_event"`
	DropSignals bool        `json:"drop_signals,omitempty" doc:"Of a reset: signals after the point are not delivered again"`
}

// BatchStarted is the answer of POST /v1/batches.
type BatchStarted struct {
	BatchID string `json:"batch_id"`
	Answered
}

// Batch tells what a batch does and how far it has come.
type Batch struct {
	BatchID    string         `json:"batch_id"`
	Operation  string         `json:"operation" enum:"cancel,terminate,pause,resume,signal,reopen,move,reset" doc:"What is done to each run"`
	Where      []string       `json:"where" ns:"where" doc:"Conditions that the runs meet"`
	DryRun     bool           `json:"dry_run,omitempty" doc:"It only counts"`
	Status     string         `json:"status" enum:"running,completed,stopped"`
	Found      uint64         `json:"found" doc:"Runs that met the conditions so far"`
	Done       uint64         `json:"done" doc:"Runs to which it was done"`
	Failed     uint64         `json:"failed" doc:"Runs to which it could not be done"`
	Rate       uint64         `json:"rate" doc:"Runs a second, at most"`
	Reason     string         `json:"reason,omitempty"`
	Signal     string         `json:"signal,omitempty" doc:"Name of the signal"`
	To         string         `json:"to,omitempty" ns:"version" doc:"Version that runs are moved to, or go on with"`
	Point      string         `json:"point,omitempty" doc:"Of a reset: the turn up to which is kept, or the word for it"`
	ToVersion  string         `json:"to_version,omitempty" ns:"version" doc:"Of a reset: what is kept ends before the run was moved to this version"`
	StartedBy  string         `json:"started_by,omitempty" doc:"Name of the token that began it"`
	BeganAt    time.Time      `json:"began_at" doc:"In log time"`
	BeganIndex uint64         `json:"began_index" doc:"Runs that started after this index are none of its own"`
	EndedAt    *time.Time     `json:"ended_at,omitempty" doc:"In log time; absent while it runs"`
	Failures   []BatchFailure `json:"failures,omitempty" doc:"A page of the runs to which it could not be done, in the order in which they were come to"`
	LeftOff    uint64         `json:"left_off,omitempty" doc:"Failures that are counted and not kept: of one batch 1000 are"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"Absent when there are no more failures so far"`
}

// BatchAnswer is the answer of GET and DELETE of one batch.
type BatchAnswer struct {
	Batch
	Answered
}

// BatchFailure is a run to which a batch could not do its operation.
type BatchFailure struct {
	WorkflowID string `json:"workflow_id" ns:"name"`
	RunID      string `json:"run_id"`
	Code       string `json:"code" doc:"As of the operation by itself"`
	Detail     string `json:"detail"`
}

// Batches is a page of batches, newest first.
type Batches struct {
	Batches    []Batch `json:"batches"`
	NextCursor string  `json:"next_cursor,omitempty"`
	Indexed
}
