package progress

import (
	"context"
	"encoding/json"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Resolve repeats starts first, then the signals for them, waits for every run and its children,
// and reads the ledger.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.fleet.Heal(); err != nil {
		return err
	}
	waits := runs.NewPatience()
	var starts, signals runs.Requests
	for _, q := range w.requests.Open {
		if q.Op.F == "start" {
			starts.Open = append(starts.Open, q)
		} else {
			signals.Open = append(signals.Open, q)
		}
	}
	if err := starts.Resolve(ctx, e); err != nil {
		return err
	}
	if err := load.Each(signals.Open, 16, func(_ int, q runs.Request) error { return resolveSignal(ctx, e, q) }); err != nil {
		return err
	}
	if err := load.Each(w.runs, 16, func(_ int, id string) error {
		h, err := runs.Conclude(ctx, e, "progress", wire.RunRef{WorkflowID: id}, waits)
		if err != nil || h == nil {
			return err
		}
		events, problem := runs.EventsOf(*h)
		if problem != "" {
			return nil // the checker reports it
		}
		for _, ev := range events {
			var child struct {
				WorkflowID string `json:"workflow_id"`
			}
			if ev.Type != "ChildWorkflowStarted" || json.Unmarshal(ev.Data, &child) != nil {
				continue
			}
			if _, err := runs.Conclude(ctx, e, "progress", wire.RunRef{WorkflowID: child.WorkflowID}, waits); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return w.fleet.Finish()
}

// resolveSignal repeats a signal, and sends it under another request id if it was refused: it may
// have arrived before a start with an unknown outcome.
func resolveSignal(ctx context.Context, e *load.Env, q runs.Request) error {
	q.Op.Process, q.Op.Repeat = e.Record.Process(), true
	done, err := e.Insist(ctx, q.Op, q.Call)
	if err != nil || done.Outcome == op.OK {
		return err
	}
	q.Op.Process, q.Op.Repeat, q.Op.Request = e.Record.Process(), false, q.Op.Request+again
	_, err = e.Insist(ctx, q.Op, q.Call)
	return err
}
