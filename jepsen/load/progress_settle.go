package load

import (
	"context"
	"encoding/json"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Settle repeats starts first, then the signals for them, waits for every run and its children, and reads the ledger.
func (w *progress) Settle(ctx context.Context, e *Env) error {
	if err := w.fleet.heal(); err != nil {
		return err
	}
	waits := newPatience()
	var starts, signals requests
	for _, q := range w.requests.open {
		if q.op.F == "start" {
			starts.open = append(starts.open, q)
		} else {
			signals.open = append(signals.open, q)
		}
	}
	if err := starts.settle(ctx, e); err != nil {
		return err
	}
	if err := each(signals.open, 16, func(_ int, q request) error { return settleSignal(ctx, e, q) }); err != nil {
		return err
	}
	if err := each(w.runs, 16, func(_ int, id string) error {
		h, err := conclude(ctx, e, "progress", wire.RunRef{WorkflowID: id}, waits)
		if err != nil || h == nil {
			return err
		}
		events, problem := eventsOf(*h)
		if problem != "" {
			return nil // the checker says it
		}
		for _, ev := range events {
			var child struct {
				WorkflowID string `json:"workflow_id"`
			}
			if ev.Type != "ChildWorkflowStarted" || json.Unmarshal(ev.Data, &child) != nil {
				continue
			}
			if _, err := conclude(ctx, e, "progress", wire.RunRef{WorkflowID: child.WorkflowID}, waits); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return w.fleet.finish()
}

// settleSignal repeats a signal, and sends it under another request id if it was refused: it may have come before a start whose outcome was unknown, too.
func settleSignal(ctx context.Context, e *Env, q request) error {
	q.op.Process, q.op.Repeat = e.Record.Process(), true
	done, err := e.Insist(ctx, q.op, q.call)
	if err != nil || done.Outcome == op.OK {
		return err
	}
	q.op.Process, q.op.Repeat, q.op.Request = e.Record.Process(), false, q.op.Request+again
	_, err = e.Insist(ctx, q.op, q.call)
	return err
}
