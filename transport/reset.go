package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
)

func (s *Server) reset(ctx context.Context, in *commandInput) (*answer[wire.ResetAnswer], error) {
	var b wire.ResetRequest
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	return s.resetTo(ctx, in, c, &b, "")
}

func (s *Server) fork(ctx context.Context, in *commandInput) (*answer[wire.ResetAnswer], error) {
	var b wire.ForkRequest
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	if b.As == "" {
		return nil, invalid("as", "is empty: give the copy a workflow id")
	}
	if b.ResetPoint == (wire.ResetPoint{}) {
		b.To = "last"
	}
	return s.resetTo(ctx, in, c, &b.ResetRequest, b.As)
}

func (s *Server) resetTo(ctx context.Context, in *commandInput, c engine.Call, b *wire.ResetRequest, as string) (*answer[wire.ResetAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	r, a, err := s.cfg.Controller.Reset(ctx, engine.ResetRequest{
		Call: c, Run: ref, As: as, Point: engine.Point{To: b.To, Event: b.ToEvent, Version: b.ToVersion}, On: b.On, DropSignals: b.DropSignals, Reason: b.Reason, DryRun: b.DryRun,
	})
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.ResetAnswer{
		WorkflowID: r.WorkflowID, RunID: idOf(r.RunID), Version: r.Version.String(), OfWorkflowID: r.Of.WorkflowID, OfRunID: r.Of.RunID.String(), Turn: r.Turn, Event: r.Event,
		Rounded: r.Rounded, Dropped: r.Dropped, Ended: r.Ended, Messages: r.Signals, Children: r.Children, DryRun: b.DryRun, Answered: answered(a),
	}
	if b.DryRun {
		body.RunID = ""
	}
	for _, again := range r.Again {
		body.Again = append(body.Again, wire.Redone(again))
	}
	return &answer[wire.ResetAnswer]{Index: a.Index, Body: body}, nil
}
