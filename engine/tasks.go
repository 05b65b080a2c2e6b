package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// PollRequest asks for tasks.
type PollRequest struct {
	Call
	Queue      string
	Worker     string        // the worker's name, for people
	Version    string        // of the worker's own code, for people; may be empty
	Node       string        // that took the poll, for people
	Activities []string      // the activities that it can carry out; at least one
	Max        int           // tasks; 0 = 1
	Lease      time.Duration // the longest that this worker may be silent about a task, unless the activity's own heartbeat is shorter; 0 = Limits.Lease
}

// WorkerTask is an attempt, as handed to a worker.
type WorkerTask struct {
	fsm.Leased
	Token string // opaque
	Input history.Payload
	// Traceparent is what the worker passes on to what it calls; empty if nobody traces.
	Traceparent string
}

// TaskResult is what a worker reports on one attempt: Output if it completed, Error if it failed,
// Details if it goes on.
type TaskResult struct {
	Token   string
	Output  history.Payload
	Error   history.RunError
	Details history.Payload
	Wrong   error // why this result is refused, whatever its other fields; nil if it could be read
}

// TaskReply is the outcome of one TaskResult: Err is nil or a refusal (lease_lost, invalid_input)
// of this one only.
type TaskReply struct {
	Err             error
	CancelRequested bool // in replies to heartbeats: the step is to end, because its run is cancelled or its code says so, and its outcome counts; or nobody waits for it any more
}

// LeaseLost refuses a report on an attempt that the worker no longer holds. Nothing changed.
type LeaseLost struct{ Reason string }

func (e *LeaseLost) Error() string         { return e.Reason }
func (e *LeaseLost) Code() string          { return "lease_lost" }
func (e *LeaseLost) Facts() map[string]any { return nil }

// CompleteTasks records outcomes of attempts, each independently.
func (e *Engine) CompleteTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return taskReport[fsm.TaskOutput]{
		read: e.readOutput, accepted: e.metrics.completed, ends: true, outcome: "completed",
		command: func(outputs []fsm.TaskOutput) fsm.Command { return &fsm.CompleteTasks{Results: outputs} },
		event: func(o fsm.TaskOutput) (fsm.TaskToken, history.Data) {
			return o.Token, &history.ActivityCompleted{ID: o.Token.ID, Result: o.Output, Attempt: o.Token.Attempt}
		},
	}.proposeAll(ctx, e, c, results)
}

// FailTasks records failed attempts, each independently.
func (e *Engine) FailTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return taskReport[fsm.TaskFailure]{
		read: e.readFailure, accepted: e.metrics.failed, ends: true, outcome: "failed",
		command: func(failures []fsm.TaskFailure) fsm.Command { return &fsm.FailTasks{Results: failures} },
	}.proposeAll(ctx, e, c, results)
}

// BeatTasks extends leases, each independently.
func (e *Engine) BeatTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return taskReport[fsm.TaskBeat]{
		read: e.readBeat, accepted: e.metrics.beats,
		command: func(beats []fsm.TaskBeat) fsm.Command { return &fsm.BeatTasks{Beats: beats} },
	}.proposeAll(ctx, e, c, results)
}

// DeferTasks says of attempts that their outcome comes later, from anywhere, each independently.
func (e *Engine) DeferTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	if err := e.atLevel(5); err != nil {
		return nil, Answered{}, err
	}
	return taskReport[fsm.TaskToken]{
		read: e.readRelease, accepted: e.metrics.deferred,
		command: func(tokens []fsm.TaskToken) fsm.Command { return &fsm.DeferTasks{Tokens: tokens} },
	}.proposeAll(ctx, e, c, results)
}

// ReleaseTasks gives back attempts that the worker will not carry out, each independently.
func (e *Engine) ReleaseTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return taskReport[fsm.TaskToken]{
		read: e.readRelease, accepted: e.metrics.released, ends: true,
		command: func(tokens []fsm.TaskToken) fsm.Command { return &fsm.ReleaseTasks{Tokens: tokens} },
	}.proposeAll(ctx, e, c, results)
}
