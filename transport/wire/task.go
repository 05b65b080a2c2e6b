package wire

import (
	"encoding/json"
	"time"
)

// Bounds of one call about tasks.
const (
	MaxTasks     = 1000     // tokens
	MaxTaskBytes = 16 << 20 // bytes of its body, or as much as one payload needs if that is more
)

// PollRequest is the body of POST /v1/queues/{queue}/poll.
type PollRequest struct {
	WorkerID      string   `json:"worker_id" doc:"The worker's name, for people"`
	WorkerVersion string   `json:"worker_version,omitempty" doc:"Of the worker's own code, for people"`
	Activities    []string `json:"activities" doc:"Names that the worker can carry out"`
	MaxTasks      int      `json:"max_tasks,omitempty" least:"1 to 1000 are allowed" doc:"1 to 1,000; default 1"`
	Wait          string   `json:"wait,omitempty" doc:"How long to wait for the first task, a Go duration of at most 60s; default: not at all"`
	Lease         string   `json:"lease,omitempty" doc:"The longest that this worker is silent about a task, a Go duration; an activity's own heartbeat wins where it is shorter; default: the node's limits.lease"`
}

// Task is one attempt that a worker holds.
type Task struct {
	Token        string          `json:"token" doc:"Names this attempt in every answer"`
	WorkflowID   string          `json:"workflow_id" ns:"name"`
	RunID        string          `json:"run_id"`
	WorkflowType string          `json:"workflow_type" ns:"name"`
	Activity     string          `json:"activity"`
	ActivityID   uint64          `json:"activity_id" doc:"Ordinal of the step within its run"`
	Attempt      uint32          `json:"attempt" doc:"1 for the first; (run_id, activity_id, attempt) is a ready idempotency key"`
	Input        json.RawMessage `json:"input"`
	Deadline     *time.Time      `json:"deadline,omitempty" doc:"End of this attempt"`
	Heartbeat    string          `json:"heartbeat,omitempty" doc:"Longest gap between heartbeats that the workflow asked for"`
	Lease        string          `json:"lease,omitempty" doc:"Longest silence before the task is offered again; each heartbeat renews it. Absent: only the deadline counts"`
	Details      json.RawMessage `json:"details,omitempty" doc:"Details of the previous attempt's last heartbeat"`
	Traceparent  string          `json:"traceparent,omitempty" doc:"W3C Trace Context of this attempt, to pass on to what the worker calls; absent unless the node traces"`
}

// Tasks is the answer to a poll; it is empty if the wait ended.
type Tasks struct {
	Tasks []Task `json:"tasks"`
}

// TaskCompletion is the outcome of one attempt.
type TaskCompletion struct {
	Token  string          `json:"token"`
	Output json.RawMessage `json:"output,omitempty"`
}

// CompleteRequest is the body of POST /v1/tasks/complete.
type CompleteRequest struct {
	Results []TaskCompletion `json:"results"`
}

// TaskFailure describes how one attempt failed.
type TaskFailure struct {
	Token     string          `json:"token"`
	Message   string          `json:"message"`
	Kind      string          `json:"kind,omitempty" doc:"Default \"failed\""`
	Retryable bool            `json:"retryable"`
	Details   json.RawMessage `json:"details,omitempty"`
}

// FailRequest is the body of POST /v1/tasks/fail.
type FailRequest struct {
	Results []TaskFailure `json:"results"`
}

// TaskBeat reports that a worker still holds an attempt.
type TaskBeat struct {
	Token   string          `json:"token"`
	Details json.RawMessage `json:"details,omitempty" doc:"Handed to the next attempt if this one is lost or fails"`
}

// HeartbeatRequest is the body of POST /v1/tasks/heartbeat and, without details, of POST
// /v1/tasks/release and /v1/tasks/later.
type HeartbeatRequest struct {
	Tokens []TaskBeat `json:"tokens"`
}

// ActivityCompletion is the body of POST /v1/runs/{run}/activities/{activity}/complete.
type ActivityCompletion struct {
	Output  json.RawMessage `json:"output,omitempty"`
	Attempt uint32          `json:"attempt,omitempty" doc:"Only if this is the newest attempt, and it is under way; default: whatever the activity waits for"`
}

// ActivityFailure is the body of POST /v1/runs/{run}/activities/{activity}/fail.
type ActivityFailure struct {
	Message   string          `json:"message"`
	Kind      string          `json:"kind,omitempty" doc:"Default: failed"`
	Retryable bool            `json:"retryable" doc:"Whether the retry policy of the activity may try again"`
	Details   json.RawMessage `json:"details,omitempty"`
	Attempt   uint32          `json:"attempt,omitempty" doc:"Only if this is the newest attempt, and it is under way; default: whatever the activity waits for"`
}

// ActivityBeat is the body of POST /v1/runs/{run}/activities/{activity}/heartbeat.
type ActivityBeat struct {
	Details json.RawMessage `json:"details,omitempty" doc:"Handed to the next attempt if this one is lost or fails"`
	Attempt uint32          `json:"attempt,omitempty" doc:"Only if this is the newest attempt"`
}

// ActivityAnswer says which activity was reported on.
type ActivityAnswer struct {
	WorkflowID      string `json:"workflow_id" ns:"name"`
	RunID           string `json:"run_id"`
	ActivityID      uint64 `json:"activity_id"`
	Attempt         uint32 `json:"attempt,omitempty" doc:"Its newest attempt; absent if no worker has taken it"`
	Ended           bool   `json:"ended" doc:"It has its outcome; otherwise it goes on, or is tried again"`
	CancelRequested bool   `json:"cancel_requested,omitempty" doc:"The activity is asked to end"`
	Answered
}

// TaskReply is the outcome for one token.
type TaskReply struct {
	Token           string `json:"token"`
	OK              bool   `json:"ok"`
	CancelRequested *bool  `json:"cancel_requested,omitempty" doc:"In replies to heartbeats: the activity is to end, and its outcome counts; or nobody waits for it any more"`
	Code            string `json:"code,omitempty" doc:"lease_lost, invalid_input"`
	Detail          string `json:"detail,omitempty" ns:"text"`
}

// TaskReplies has one reply for each token, in the order asked.
type TaskReplies struct {
	Results []TaskReply `json:"results"`
	Answered
}

// PendingActivity is an activity of a run that has no outcome yet.
type PendingActivity struct {
	ActivityID  uint64          `json:"activity_id"`
	Activity    string          `json:"activity"`
	Queue       string          `json:"queue" ns:"name"`
	State       string          `json:"state" enum:"offered,backoff,leased,given_up"`
	Attempt     uint32          `json:"attempt"`
	Failures    uint32          `json:"failures"`
	Worker      string          `json:"worker,omitempty"`
	StartedAt   *time.Time      `json:"started_at,omitempty"`
	Deferred    bool            `json:"deferred,omitempty" doc:"Its worker has let go of the attempt: the outcome comes later, from elsewhere"`
	DueAt       *time.Time      `json:"due_at,omitempty" doc:"When its time runs out, or when it is offered again"`
	Details     json.RawMessage `json:"details,omitempty"`
	LastFailure *RunError       `json:"last_failure,omitempty"`
}

// Queue is the state of a queue.
type Queue struct {
	Queue   string      `json:"queue" ns:"name"`
	Offered uint64      `json:"offered" doc:"Tasks that a worker may take"`
	Backoff uint64      `json:"backoff" doc:"Tasks that wait for their next attempt"`
	Leased  uint64      `json:"leased" doc:"Attempts that workers hold"`
	Limits  QueueLimits `json:"limits"`
}

// QueueLimits bound a queue; absent limits do not apply.
type QueueLimits struct {
	Concurrency *uint64 `json:"concurrency,omitempty" doc:"Attempts that workers may hold at a time; 0 stops the queue: no attempt begins"`
	Rate        string  `json:"rate,omitempty" doc:"Attempts begun in a time, such as 10/s, 600/m or 5/1h30m"`
	Burst       uint64  `json:"burst,omitempty" least:"1 or more is allowed; leave it out for the number in rate" doc:"Attempts begun at once after a quiet time; default: the number in rate"`
}

// Queues is a page of queues, by name.
type Queues struct {
	Queues     []Queue `json:"queues"`
	NextCursor string  `json:"next_cursor,omitempty" ns:"name"`
	Indexed
}

// MaxPollers is how many workers the description of a queue lists.
const MaxPollers = 100

// Polled is who polls a queue, as the node that leads has seen it: nothing of it is in the log.
type Polled struct {
	Since   time.Time `json:"since" doc:"Since when that node has led"`
	Total   int       `json:"total" doc:"Workers that have polled the queue within the last hour"`
	Pollers []Poller  `json:"pollers" doc:"The first 100 of them, those that polled last first"`
}

// Poller is a worker that polls a queue.
type Poller struct {
	WorkerID       string    `json:"worker_id" doc:"The worker's name, for people"`
	Version        string    `json:"version,omitempty" doc:"Of the worker's own code, if it tells"`
	Node           string    `json:"node" doc:"That took its newest poll"`
	LastPoll       time.Time `json:"last_poll" doc:"When that began, by the clock of the node that leads"`
	Waiting        int       `json:"waiting" doc:"Polls that wait for a task now"`
	Leased         uint64    `json:"leased" doc:"Attempts that it has taken, or sent heartbeats for, since that node leads, and that it holds"`
	Activities     []string  `json:"activities" doc:"The first 20 activities that it polls for, by name"`
	MoreActivities int       `json:"more_activities,omitempty" doc:"Activities beyond those"`
}

// QueueAnswer is the answer of GET and PUT /v1/queues/{queue}.
type QueueAnswer struct {
	Queue
	Polled *Polled `json:"polled,omitempty" doc:"Who polls it; absent from answers of nodes that do not lead"`
	Answered
}
