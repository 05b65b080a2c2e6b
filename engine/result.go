package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Result is how a run stands, and how it ended if it did. A run that continued as new is followed
// to the newest run unless a run id was given.
type Result struct {
	WorkflowID string
	RunID      history.RunID
	Status     history.Status
	Result     history.Payload
	Error      *history.RunError
	To         history.RunID // the run that continues it, if it was asked for by its run id; zero = none does
	Index      uint64
}

// Result returns how a run ended, waiting up to wait for it. A run that is still open then is
// answered with an open Status.
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
		run, err = find(v, ref)
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
		if run.Status.Open() { // woken for nothing: the hub wakes all when it may have missed something
			continue
		}
		res, none := sized(ctx, e, rd, func(v fsm.View) (*Result, int) {
			if look(v) || err != nil {
				return nil, 0
			}
			res := resultOf(run, terminal(v, run))
			res.Index = index
			return res, res.bytes()
		})
		switch {
		case err != nil:
		case none != nil:
			err = none
		case res == nil: // it was reopened meanwhile
			err = rd.room(0)
		case follow && !res.To.IsZero():
			// A chain of continued runs is followed run by run, not by looking for the latest: that
			// may be somebody's later start of the same id.
			ref.RunID = res.To
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

// resultOf reads how a run stands from the event that closed it, nil for an open run.
func resultOf(run rows.Run, end history.Data) *Result {
	res := &Result{WorkflowID: run.WorkflowID, RunID: run.RunID, Status: run.Status}
	switch end := end.(type) {
	case *history.WorkflowContinuedAsNew:
		res.To = end.NewRunID
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

// bytes are those of the payloads in a result.
func (r *Result) bytes() int {
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

// terminal returns the event that closed the run, nil while it is open. Only what the state machine
// appended in the same step can follow it.
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
