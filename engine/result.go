package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Result is the state of a run, and its outcome if it has closed. If a run continued as new, was
// reset, or is tried again, Result follows the chain to the newest run, unless a run id was given.
type Result struct {
	WorkflowID string
	RunID      history.RunID
	Status     history.Status
	Result     history.Payload
	Error      *history.RunError
	To         history.RunID // the run that continues this one, or tries again, if it was requested by run id; zero = none
	Index      uint64
}

// Result returns the outcome of a run, waiting up to wait for it. If the run is still open then,
// Status says so.
func (e *Engine) Result(ctx context.Context, rd Read, ref fsm.RunRef, wait time.Duration) (*Result, error) {
	if err := checkRef(ref); err != nil {
		return nil, err
	}
	if err := checkWait(wait); err != nil {
		return nil, err
	}
	if err := e.freshen(ctx, rd); err != nil {
		return nil, err
	}
	follow := ref.RunID.IsZero()
	deadline := time.Now().Add(wait)
	var run rows.Run
	var index uint64
	var err error
	look := func(v fsm.View) (open bool) {
		index = v.Index()
		run, err = rd.find(v, ref)
		return err == nil && run.Status.Open()
	}
	e.cfg.Log.View(func(v fsm.View) { look(v) })
	for err == nil {
		ref.RunID = run.RunID
		if run.Status.Open() {
			left := time.Until(deadline)
			e.hub.await(ctx, left, run.RunID, look)
			if err != nil || run.Status.Open() && (left <= 0 || ctx.Err() != nil) {
				break
			}
		}
		if run.Status.Open() { // the hub woke all waiters because it may have missed events
			continue
		}
		res, none := sized(ctx, e, rd, func(v fsm.View) (*Result, int) {
			if look(v) || err != nil {
				return nil, 0
			}
			res := resultOf(run, terminal(v, run))
			res.Index = index
			return res, res.payloadBytes()
		})
		switch {
		case err != nil:
		case none != nil:
			err = none
		case res == nil: // it was reopened meanwhile
			err = rd.room(0)
		case follow && !(res.To.IsZero() && run.ResetAs.IsZero()):
			// Follow a chain of continued runs run by run. The latest run of the workflow id may be
			// an unrelated later start.
			if ref.RunID = res.To; !run.ResetAs.IsZero() {
				ref.RunID = run.ResetAs
			}
			if err = rd.room(0); err == nil {
				e.cfg.Log.View(func(v fsm.View) { look(v) })
			}
		default:
			return res, nil
		}
	}
	if err != nil {
		return nil, err
	}
	res := resultOf(run, nil)
	res.Index = index
	return res, nil
}

// resultOf returns the state of a run from its closing event, which is nil for an open run.
func resultOf(run rows.Run, end history.Data) *Result {
	res := &Result{WorkflowID: run.WorkflowID, RunID: run.RunID, Status: run.Status}
	switch end := end.(type) {
	case *history.WorkflowContinuedAsNew:
		res.To = end.NewRunID
	case *history.WorkflowCompleted:
		res.Result = end.Result
	case *history.WorkflowFailed:
		res.Error, res.To = &end.Error, end.NewRunID
	case *history.WorkflowCancelled:
		res.Error = &history.RunError{Kind: history.KindCancelled, Message: orElse(end.Reason, "the run was cancelled")}
	case *history.WorkflowTerminated:
		res.Error = &history.RunError{Kind: history.KindTerminated, Message: orElse(end.Reason, "the run was terminated")}
	case *history.WorkflowTimedOut:
		res.To = end.NewRunID
		res.Error = &history.RunError{Kind: history.KindTimedOut, Message: "the run took longer than " + end.Timeout.String()}
	}
	return res
}

// payloadBytes returns the size of the payloads in a result.
func (r *Result) payloadBytes() int {
	if r == nil {
		return 0
	}
	n := len(r.Result)
	if r.Error != nil {
		n += len(r.Error.Message) + len(r.Error.Details)
	}
	return n
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// terminal returns the event that closed the run, or nil while it is open. Only events that the
// state machine appended in the same step can follow it.
func terminal(v fsm.View, run rows.Run) history.Data {
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
