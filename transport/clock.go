package transport

import (
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// Timekeeper is what the route for log time needs from a node.
type Timekeeper interface {
	ConfirmTime(ctx context.Context, c engine.Call, at time.Time) (*fsm.TimeAnswer, engine.Answered, error)
}

type confirmTimeInput struct{ Keyed }

func (s *Server) confirmTime(ctx context.Context, _ *confirmTimeInput) (*answer[wire.TimeAnswer], error) {
	var r wire.TimeRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	at, err := time.Parse(time.RFC3339, r.Time)
	if err != nil {
		return nil, invalid("time", "is %q, want a time such as 2026-11-28T12:00:00Z", clip(r.Time))
	}
	t, a, err := s.cfg.Timekeeper.ConfirmTime(ctx, c, at)
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.TimeAnswer]{Index: a.Index, Body: wire.TimeAnswer{LogTime: t.LogTime.Std(), Answered: answered(a)}}, nil
}
