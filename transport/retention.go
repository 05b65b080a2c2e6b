package transport

import (
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Retainer is what the routes of retention need from a node.
type Retainer interface {
	SetRetention(ctx context.Context, c engine.Call, typ string, age time.Duration) (engine.Answered, error)
	RemoveRetention(ctx context.Context, c engine.Call, typ string) (engine.Answered, error)
	Retention(ctx context.Context, rd engine.Read) ([]rows.Retention, uint64, error)
	SetVersionRetention(ctx context.Context, c engine.Call, keep int64, minAge time.Duration) (engine.Answered, error)
	RemoveVersionRetention(ctx context.Context, c engine.Call) (engine.Answered, error)
	VersionRetention(ctx context.Context, rd engine.Read) (*rows.VersionRetention, uint64, error)
}

type retentionInput struct{ Fresh }

func (s *Server) retention(ctx context.Context, in *retentionInput) (*answer[wire.RetentionRules], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	rules, index, err := s.cfg.Retainer.Retention(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.RetentionRules{Rules: []wire.Retention{}, Indexed: at(index)}
	for _, r := range rules {
		if x := exchangeOf(ctx); r.Type == x.name("") || x.may(grant.Read, r.Type) == nil {
			body.Rules = append(body.Rules, ruleOf(r))
		}
	}
	return &answer[wire.RetentionRules]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

func ruleOf(r rows.Retention) wire.Retention {
	return wire.Retention{WorkflowType: r.Type, Age: r.Age.String()}
}

type retainAllInput struct{ Keyed }

type retainInput struct {
	Keyed
	Type string `path:"type" ns:"name"`
}

func (s *Server) retainAll(ctx context.Context, _ *retainAllInput) (*answer[wire.RetentionAnswer], error) {
	return s.setRetention(ctx, exchangeOf(ctx).name(""))
}

func (s *Server) retain(ctx context.Context, in *retainInput) (*answer[wire.RetentionAnswer], error) {
	return s.setRetention(ctx, in.Type)
}

func (s *Server) unretainAll(ctx context.Context, _ *retainAllInput) (*answer[wire.RetentionAnswer], error) {
	return s.removeRetention(ctx, exchangeOf(ctx).name(""))
}

func (s *Server) unretain(ctx context.Context, in *retainInput) (*answer[wire.RetentionAnswer], error) {
	return s.removeRetention(ctx, in.Type)
}

func (s *Server) setRetention(ctx context.Context, typ string) (*answer[wire.RetentionAnswer], error) {
	var r wire.RetentionRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	age, err := duration("age", r.Age)
	if err != nil {
		return nil, err
	}
	a, err := s.cfg.Retainer.SetRetention(ctx, c, typ, age)
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.RetentionAnswer{Retention: wire.Retention{WorkflowType: typ, Age: age.String()}, Answered: answered(a)}
	return &answer[wire.RetentionAnswer]{Index: a.Index, Body: body}, nil
}

func (s *Server) removeRetention(ctx context.Context, typ string) (*answer[wire.RetentionAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	a, err := s.cfg.Retainer.RemoveRetention(ctx, c, typ)
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.RetentionAnswer]{Index: a.Index, Body: wire.RetentionAnswer{Retention: wire.Retention{WorkflowType: typ}, Answered: answered(a)}}, nil
}
