// Polling is a job of another system, which calls nobody back: started, asked for again and again
// with growing pauses, given up at a deadline, and stopped when nobody wants it any more.
//
// An activity that polled would hold a worker for hours and lose its place with it. Here the pauses
// are timers: a million of them cost no worker anything.
package main

import (
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

// The pauses between two questions.
const (
	first = time.Second
	most  = time.Minute
)

var retry = workflow.Retry{Backoff: 200 * time.Millisecond, MaxBackoff: 30 * time.Second}

const attempt = workflow.Timeout(30 * time.Second)

// Input names the job.
type Input struct {
	Job      string `json:"job"`
	Deadline string `json:"deadline"` // in place of 24h
}

// State is what the query of that name answers.
type State struct {
	Job   *string `json:"job"`
	Asked int     `json:"asked"`
}

// Result says how the job ended.
type Result struct {
	State   string `json:"state"`
	Because string `json:"because,omitempty"`
	Asked   int    `json:"asked"`
}

// begin asks for a job. The key is the one under which the system starts it once.
type begin struct {
	Job string `json:"job"`
	Key string `json:"key"`
}

type question struct {
	Job      string `json:"job"`
	Question int    `json:"question,omitempty"`
}

type job struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// Polling is the workflow.
func Polling(ctx workflow.Context, in Input) (Result, error) {
	state, pause, patience := State{}, first, 24*time.Hour
	workflow.OnQuery(ctx, "state", func(workflow.None) (State, error) { return state, nil })
	if in.Deadline != "" {
		var err error
		if patience, err = time.ParseDuration(in.Deadline); err != nil {
			return Result{}, err
		}
	}
	started, err := workflow.Activity[job](ctx, "start_job", begin{in.Job, workflow.Info(ctx).WorkflowID}, retry, attempt)
	if err != nil {
		return Result{}, err
	}
	state.Job = &started.ID
	stop := func(because string) (Result, error) {
		_, err := workflow.Activity[any](ctx, "stop_job", question{Job: started.ID}, workflow.Retry{}, workflow.OnCancelIgnore)
		return Result{"stopped", because, state.Asked}, err
	}

	for end := workflow.Now(ctx).Add(patience); ; pause = min(2*pause, most) {
		found, err := workflow.Activity[job](ctx, "check_job", question{started.ID, state.Asked + 1}, retry, attempt)
		if err != nil {
			return stop(workflow.Kind(err))
		}
		state.Asked++
		if found.State != "running" {
			return Result{State: found.State, Asked: state.Asked}, nil
		}
		left := end.Sub(workflow.Now(ctx))
		if left <= 0 {
			return stop("deadline")
		}
		if err := workflow.Sleep(ctx, min(pause, left)); err != nil {
			return stop(workflow.Kind(err)) // cancelled
		}
	}
}

func main() { workflow.RegisterFunc(Polling) }
