package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// activityInput is the path of an activity: its run, and its number within the run.
type activityInput struct {
	Keyed
	Run      string `path:"run" doc:"Run id" example:"0190b2c4-7d52-7000-8000-000000000007"`
	Activity uint64 `path:"activity" doc:"Ordinal of the activity within the run: activity_id" example:"3"`
}

func (s *Server) completeActivity(ctx context.Context, in *activityInput) (*answer[wire.ActivityAnswer], error) {
	var r wire.ActivityCompletion
	return s.reportActivity(ctx, in, &r, func(a *engine.ActivityReport) { a.Attempt, a.Output = r.Attempt, history.Payload(r.Output) })
}

func (s *Server) failActivity(ctx context.Context, in *activityInput) (*answer[wire.ActivityAnswer], error) {
	var r wire.ActivityFailure
	return s.reportActivity(ctx, in, &r, func(a *engine.ActivityReport) {
		a.Attempt, a.Error = r.Attempt, &history.RunError{Kind: r.Kind, Message: r.Message, Details: history.Payload(r.Details), Retryable: r.Retryable}
	})
}

func (s *Server) beatActivity(ctx context.Context, in *activityInput) (*answer[wire.ActivityAnswer], error) {
	var r wire.ActivityBeat
	return s.reportActivity(ctx, in, &r, func(a *engine.ActivityReport) {
		a.Attempt, a.GoesOn, a.Details = r.Attempt, true, history.Payload(r.Details)
	})
}

func (s *Server) reportActivity(ctx context.Context, in *activityInput, body any, read func(*engine.ActivityReport)) (*answer[wire.ActivityAnswer], error) {
	id, err := history.ParseRunID(in.Run)
	if err != nil {
		return nil, invalid("run_id", "%v", err)
	}
	c, err := change(ctx, body, optional)
	if err != nil {
		return nil, err
	}
	r := engine.ActivityReport{RunID: id, ID: in.Activity}
	read(&r)
	done, a, err := s.cfg.TaskDesk.ReportActivity(ctx, c, r)
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.ActivityAnswer]{Index: a.Index, Body: wire.ActivityAnswer{
		WorkflowID: done.WorkflowID, RunID: done.RunID.String(), ActivityID: done.ID, Attempt: done.Attempt, Ended: done.Ended, CancelRequested: done.Cancel, Answered: answered(a),
	}}, nil
}
