package transport

import (
	"context"
	"encoding/json"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// Controller is what the routes that act on a run need from a node.
type Controller interface {
	Signal(ctx context.Context, c engine.Call, ref fsm.RunRef, name string, payload history.Payload) (*fsm.RunAnswer, engine.Answered, error)
	Cancel(ctx context.Context, c engine.Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, engine.Answered, error)
	Terminate(ctx context.Context, c engine.Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, engine.Answered, error)
	Pause(ctx context.Context, c engine.Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, engine.Answered, error)
	Resume(ctx context.Context, c engine.Call, ref fsm.RunRef) (*fsm.RunAnswer, engine.Answered, error)
	Reopen(ctx context.Context, c engine.Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, engine.Answered, error)
	ResumeOn(ctx context.Context, c engine.Call, ref fsm.RunRef, version string) (*fsm.RunAnswer, engine.Answered, error)
	ReopenOn(ctx context.Context, c engine.Call, ref fsm.RunRef, reason, version string) (*fsm.RunAnswer, engine.Answered, error)
	Reset(ctx context.Context, r engine.ResetRequest) (*engine.Reset, engine.Answered, error)
}

type signalInput struct {
	Keyed
	OfRun
	Named
}

func (s *Server) signal(ctx context.Context, in *signalInput) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	if err := s.ownRun(ctx, ref); err != nil {
		return nil, err
	}
	var payload json.RawMessage
	c, err := change(ctx, &payload, optional)
	if err != nil {
		return nil, err
	}
	return reached(s.cfg.Controller.Signal(ctx, c, ref, in.Name, history.Payload(payload)))
}

type commandInput struct {
	Keyed
	OfRun
}

func (s *Server) cancel(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.Controller.Cancel)
}

func (s *Server) terminate(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.Controller.Terminate)
}

func (s *Server) pause(ctx context.Context, in *commandInput) (*answer[wire.RunAnswer], error) {
	return s.withReason(ctx, in, s.cfg.Controller.Pause)
}

// goOnInput is commandInput for runs that may go on with another version.
type goOnInput struct {
	Keyed
	OfRun
	On string `query:"on" ns:"version" doc:"Version, full or a prefix, with which the run goes on if its history replays on it; default: its own"`
}

func (s *Server) resume(ctx context.Context, in *goOnInput) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	if in.On != "" {
		return reached(s.cfg.Controller.ResumeOn(ctx, c, ref, in.On))
	}
	return reached(s.cfg.Controller.Resume(ctx, c, ref))
}

func (s *Server) reopen(ctx context.Context, in *goOnInput) (*answer[wire.RunAnswer], error) {
	if in.On == "" {
		return s.withReason(ctx, &commandInput{in.Keyed, in.OfRun}, s.cfg.Controller.Reopen)
	}
	return s.withReason(ctx, &commandInput{in.Keyed, in.OfRun}, func(ctx context.Context, c engine.Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, engine.Answered, error) {
		return s.cfg.Controller.ReopenOn(ctx, c, ref, reason, in.On)
	})
}

func (s *Server) withReason(ctx context.Context, in *commandInput,
	command func(context.Context, engine.Call, fsm.RunRef, string) (*fsm.RunAnswer, engine.Answered, error)) (*answer[wire.RunAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	if err := s.ownRun(ctx, ref); err != nil {
		return nil, err
	}
	var r wire.Reason
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return reached(command(ctx, c, ref, r.Reason))
}

func reached(r *fsm.RunAnswer, a engine.Answered, err error) (*answer[wire.RunAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.RunAnswer]{Index: a.Index, Body: runAnswer(r, a)}, nil
}
