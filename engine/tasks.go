package engine

import (
	"context"
	"time"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// PollRequest asks for work.
type PollRequest struct {
	Call
	Queue      string
	Worker     string        // the worker's name, for people
	Activities []string      // that it can carry out; at least one
	Max        int           // tasks; 0 = 1
	Lease      time.Duration // the longest that this worker is silent about a task, where the activity's own heartbeat is not shorter; 0 = Limits.Lease
}

// WorkerTask is an attempt handed to a worker.
type WorkerTask struct {
	fsm.Leased
	Token string // opaque
	Input history.Payload
}

// TaskResult is what a worker says of one attempt: Output of one that completed, Error of one that failed, Details of one that goes on.
type TaskResult struct {
	Token   string
	Output  history.Payload
	Error   history.RunError
	Details history.Payload
}

// TaskReply says what became of one TaskResult: Err is nil or a refusal (lease_lost, invalid_input) that concerns this one only.
type TaskReply struct {
	Err             error
	CancelRequested bool
}

// Poll gives a worker tasks, waiting up to wait for the first one. Tasks whose poller went away meanwhile are given back.
func (e *Engine) Poll(ctx context.Context, r PollRequest, wait time.Duration) ([]WorkerTask, uint64, error) {
	panic("being built")
}

// CompleteTasks records outcomes of attempts, each on its own.
func (e *Engine) CompleteTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	panic("being built")
}

// FailTasks records failed attempts, each on its own.
func (e *Engine) FailTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	panic("being built")
}

// BeatTasks prolongs leases, each on its own.
func (e *Engine) BeatTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	panic("being built")
}

// ReleaseTasks gives attempts back that the worker will not carry out, each on its own.
func (e *Engine) ReleaseTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	panic("being built")
}

// Tasks lists the pending activities of a run.
func (e *Engine) Tasks(ctx context.Context, rd Read, ref fsm.RunRef, limit int) ([]fsm.Task, uint64, error) {
	panic("being built")
}

// Queues lists queues by name; cursor is the last name of the page before.
func (e *Engine) Queues(ctx context.Context, rd Read, limit int, cursor string) ([]fsm.Queue, string, uint64, error) {
	panic("being built")
}

// Queue tells how one queue stands; one that nobody ever used is empty.
func (e *Engine) Queue(ctx context.Context, rd Read, name string) (fsm.Queue, uint64, error) {
	panic("being built")
}

// LimitQueue sets all limits of a queue.
func (e *Engine) LimitQueue(ctx context.Context, c Call, name string, l fsm.QueueLimits) (Answered, error) {
	panic("being built")
}
