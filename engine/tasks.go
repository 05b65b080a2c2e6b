package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
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

// TaskResult is what a worker says of one attempt: Output of one that completed, Error of one that
// failed, Details of one that goes on.
type TaskResult struct {
	Token   string
	Output  history.Payload
	Error   history.RunError
	Details history.Payload
	Wrong   error // a refusal of this one, whatever else it says; nil if it could be read
}

// TaskReply says what became of one TaskResult: Err is nil or a refusal (lease_lost, invalid_input)
// that concerns this one only.
type TaskReply struct {
	Err             error
	CancelRequested bool // of heartbeats: the step was given up, by its code or because its run closed. A cancellation that the code has not acted on does not count: code may want to see the step through
}

// LeaseLost refuses what a worker says of an attempt that is not its own any more. Nothing changed.
type LeaseLost struct{ Reason string }

func (e *LeaseLost) Error() string         { return e.Reason }
func (e *LeaseLost) Code() string          { return "lease_lost" }
func (e *LeaseLost) Facts() map[string]any { return nil }

// CompleteTasks records outcomes of attempts, each on its own.
func (e *Engine) CompleteTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return saying[fsm.TaskOutput]{
		read: e.readOutput, counted: e.metrics.completed,
		command: func(outputs []fsm.TaskOutput) fsm.Command { return &fsm.CompleteTasks{Results: outputs} },
	}.settle(ctx, e, c, results)
}

// FailTasks records failed attempts, each on its own.
func (e *Engine) FailTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return saying[fsm.TaskFailure]{
		read: e.readFailure, counted: e.metrics.failed,
		command: func(failures []fsm.TaskFailure) fsm.Command { return &fsm.FailTasks{Results: failures} },
	}.settle(ctx, e, c, results)
}

// BeatTasks prolongs leases, each on its own.
func (e *Engine) BeatTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return saying[fsm.TaskBeat]{
		read: e.readBeat, counted: e.metrics.beats,
		command: func(beats []fsm.TaskBeat) fsm.Command { return &fsm.BeatTasks{Beats: beats} },
	}.settle(ctx, e, c, results)
}

// ReleaseTasks gives attempts back that the worker will not carry out, each on its own.
func (e *Engine) ReleaseTasks(ctx context.Context, c Call, results []TaskResult) ([]TaskReply, Answered, error) {
	return saying[fsm.TaskToken]{
		read: e.readRelease, counted: e.metrics.released,
		command: func(tokens []fsm.TaskToken) fsm.Command { return &fsm.ReleaseTasks{Tokens: tokens} },
	}.settle(ctx, e, c, results)
}
