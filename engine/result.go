package engine

import (
	"context"
	"time"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// Result is how a run stands, and how it ended if it did. A run that continued as new is followed to the newest run unless a run id was given.
type Result struct {
	WorkflowID string
	RunID      history.RunID
	Status     history.Status
	Result     history.Payload
	Error      *history.RunError
	Index      uint64
}

// Result returns how a run ended, waiting up to wait for it. A run that is still open then is answered with an open Status.
func (e *Engine) Result(ctx context.Context, rd Read, ref fsm.RunRef, wait time.Duration) (*Result, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	if err := checkWait(wait); err != nil {
		return nil, err
	}
	follow := ref.RunID.IsZero()
	deadline := time.Now().Add(wait)
	var res *Result
	var err error
	// A chain of continued runs is followed run by run, not by looking for the latest: that may be somebody's later start of the same id.
	look := func(v fsm.View) {
		for {
			var run fsm.Run
			if run, err = find(v, ref); err != nil {
				return
			}
			res = resultOf(v, run)
			ref.RunID = run.RunID
			next, continued := continuation(v, run)
			if !follow || !continued {
				return
			}
			ref.RunID = next
		}
	}
	if readErr := e.read(ctx, rd, look); readErr != nil {
		return nil, readErr
	}
	for err == nil && res.Status.Open() {
		left := time.Until(deadline)
		if left <= 0 || ctx.Err() != nil {
			break
		}
		e.hub.awaitClose(ctx, left, res.RunID)
		e.cfg.Log.View(look)
	}
	if err != nil {
		return nil, err
	}
	return res, nil
}

// resultOf reads how a run stands.
func resultOf(v fsm.View, run fsm.Run) *Result {
	res := &Result{WorkflowID: run.WorkflowID, RunID: run.RunID, Status: run.Status, Index: v.Index()}
	switch end := terminal(v, run).(type) {
	case *history.WorkflowCompleted:
		res.Result = end.Result
	case *history.WorkflowFailed:
		res.Error = &end.Error
	case *history.WorkflowCancelled:
		res.Error = &history.RunError{Kind: history.KindCancelled, Message: orElse(end.Reason, "the run was cancelled")}
	case *history.WorkflowTerminated:
		res.Error = &history.RunError{Kind: history.KindTerminated, Message: orElse(end.Reason, "the run was terminated")}
	case *history.WorkflowTimedOut:
		res.Error = &history.RunError{Kind: history.KindTimedOut, Message: "the run took longer than " + end.Timeout.String()}
	}
	return res
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// continuation returns the run that goes on after run.
func continuation(v fsm.View, run fsm.Run) (history.RunID, bool) {
	end, ok := terminal(v, run).(*history.WorkflowContinuedAsNew)
	if !ok {
		return history.RunID{}, false
	}
	return end.NewRunID, true
}

// terminal returns the event that closed the run, nil while it is open. Only what the state machine appended in the same step can follow it.
func terminal(v fsm.View, run fsm.Run) history.Data {
	if run.Status.Open() {
		return nil
	}
	const few = 16
	for end := run.Events; end > 0; end -= min(end, few) {
		from := end - min(end, few) + 1
		events := v.Events(run.RunID, from, few)
		for i := len(events) - 1; i >= 0; i-- {
			if history.Closes(events[i].Data) {
				return events[i].Data
			}
		}
	}
	return nil
}
