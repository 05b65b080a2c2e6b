package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Tracer is told what the engine does, for distributed tracing. Nothing of it is in the log or the
// state: what a trace needs follows from the ids of runs, turns and attempts, so any leader tells
// the same. Its methods must not block. A nil Tracer in Config costs a comparison.
type Tracer interface {
	// Entry begins the wait of a call for its entry in the log; the caller calls end.
	Entry(ctx context.Context, command string) (end func(index uint64, err error))
	// Reached says which run a call was about; started = the call started it.
	Reached(ctx context.Context, run history.RunID, workflowID, typ string, started bool, began time.Time)
	// Turn says that a turn of a run was recorded; at is the run before it.
	Turn(at *rows.Run, n uint64, status history.Status, began time.Time)
	// Attempt says how an attempt at an activity ended.
	Attempt(token fsm.TaskToken, activity, outcome string, began time.Time)
	// Traceparent is what the worker of an attempt passes on, as W3C Trace Context has it.
	Traceparent(token fsm.TaskToken) string
}

// traceEntry is Tracer.Entry if there is a tracer.
func (e *Engine) traceEntry(ctx context.Context, cmd fsm.Command) func(index uint64, err error) {
	if e.cfg.Tracer == nil {
		return func(uint64, error) {}
	}
	return e.cfg.Tracer.Entry(ctx, cmd.Kind().String())
}
