package transport

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// CanaryKeeper is what the routes of canaries need from a node.
type CanaryKeeper interface {
	SetCanary(ctx context.Context, c engine.Call, cmd fsm.SetCanary) (*fsm.CanaryAnswer, engine.Answered, error)
	EndCanary(ctx context.Context, c engine.Call, typ string, promote bool, message string) (*fsm.CanaryAnswer, engine.Answered, error)
	Canary(ctx context.Context, rd engine.Read, typ string) (rows.Canary, catalog.Version, uint64, error)
	Canaries(ctx context.Context, rd engine.Read) ([]rows.Canary, []catalog.Version, uint64, error)
}

// shareOf reads a percentage with at most two decimals.
func shareOf(text string) (uint64, error) {
	digits, percent := strings.CutSuffix(text, "%")
	whole, part, _ := strings.Cut(digits, ".")
	if part == "" {
		part = "00"
	}
	if len(part) == 1 {
		part += "0"
	}
	n, err := strconv.ParseUint(whole+part, 10, 16)
	if !percent || err != nil || len(part) != 2 || n > catalog.CanaryWhole {
		return 0, invalid("share", "is %q; want a percentage with at most two decimals, such as 10%% or 0.25%%", clip(text))
	}
	return n, nil
}

func shareText(share uint64) string {
	text := fmt.Sprintf("%d.%02d", share/100, share%100)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

func canaryRow(c *rows.Canary, routed catalog.Version) wire.Canary {
	w := wire.Canary{
		WorkflowType: c.Type, Version: c.Version.String(), Routed: versionText(routed), Share: shareText(c.Share), Key: c.Key,
		AbortFailures: c.AbortFailures, PromoteAfter: c.PromoteAfter, BeganIndex: c.Index, BeganAt: c.At.Std(), Actor: c.Actor,
		Counts: wire.CanaryCounts{Canary: wire.CanaryRuns(c.Counts), Routed: wire.CanaryRuns(c.Routed)},
	}
	w.Until = whenUntil(c)
	return w
}

func whenUntil(c *rows.Canary) *time.Time {
	if c.Until == 0 {
		return nil
	}
	until := c.Until.Std()
	return &until
}

// endedCanary is a canary as a change of it answers.
func endedCanary(c *fsm.CanaryAnswer) wire.Canary {
	w := canaryRow(&c.Canary, c.Routed)
	w.Ended = c.Ended
	return w
}

func canaryAnswer(c *fsm.CanaryAnswer, a engine.Answered, err error) (*answer[wire.CanaryAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	return &answer[wire.CanaryAnswer]{Index: a.Index, Body: wire.CanaryAnswer{Canary: endedCanary(c), Answered: answered(a)}}, nil
}

type canaryInput struct {
	Fresh
	Type string `path:"type" ns:"name"`
}

func (s *Server) canary(ctx context.Context, in *canaryInput) (*answer[wire.CanaryRead], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	c, routed, index, err := s.cfg.CanaryKeeper.Canary(ctx, rd, in.Type)
	if err != nil {
		return nil, err
	}
	return &answer[wire.CanaryRead]{Index: index, LeaderContact: s.contact(rd), Body: wire.CanaryRead{Canary: canaryRow(&c, routed), Indexed: at(index)}}, nil
}

func (s *Server) canaries(ctx context.Context, in *retentionInput) (*answer[wire.Canaries], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	all, routed, index, err := s.cfg.CanaryKeeper.Canaries(ctx, rd)
	if err != nil {
		return nil, err
	}
	body := wire.Canaries{Canaries: []wire.Canary{}, Indexed: at(index)}
	for i := range all {
		if exchangeOf(ctx).may(grant.Read, all[i].Type) == nil {
			body.Canaries = append(body.Canaries, canaryRow(&all[i], routed[i]))
		}
	}
	return &answer[wire.Canaries]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

func (s *Server) setCanary(ctx context.Context, in *routeInput) (*answer[wire.CanaryAnswer], error) {
	var r wire.CanaryRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	cmd, err := canaryOf(r)
	if err != nil {
		return nil, err
	}
	cmd.Type = in.Type
	return canaryAnswer(s.cfg.CanaryKeeper.SetCanary(ctx, c, cmd))
}

// canaryOf reads what a canary is to be.
func canaryOf(r wire.CanaryRequest) (cmd fsm.SetCanary, err error) {
	cmd = fsm.SetCanary{Version: r.Version, Key: r.Key, AbortFailures: r.AbortFailures, PromoteAfter: r.PromoteAfter, Message: r.Message}
	if cmd.Share, err = shareOf(r.Share); err != nil {
		return cmd, err
	}
	if r.For != "" {
		d, err := duration("for", r.For)
		if err != nil {
			return cmd, err
		}
		cmd.For = history.Duration(d)
	}
	return cmd, nil
}

type abortCanaryInput struct {
	Keyed
	Type    string `path:"type" ns:"name"`
	Message string `query:"message" doc:"For the deploy history"`
}

func (s *Server) abortCanary(ctx context.Context, in *abortCanaryInput) (*answer[wire.CanaryAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return canaryAnswer(s.cfg.CanaryKeeper.EndCanary(ctx, c, in.Type, false, in.Message))
}

func (s *Server) promoteCanary(ctx context.Context, in *routeInput) (*answer[wire.CanaryAnswer], error) {
	var r wire.CanaryEnd
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return canaryAnswer(s.cfg.CanaryKeeper.EndCanary(ctx, c, in.Type, true, r.Message))
}
