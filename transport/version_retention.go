package transport

import (
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

func versionRule(r *rows.VersionRetention) wire.VersionRetention {
	if r == nil {
		return wire.VersionRetention{MinAge: "0s"}
	}
	return wire.VersionRetention{Active: true, Keep: r.Keep, MinAge: r.MinAge.String()}
}

func (s *Server) versionRetention(ctx context.Context, in *retentionInput) (*answer[wire.VersionRetentionRead], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	rule, index, err := s.cfg.Retainer.VersionRetention(ctx, rd)
	if err != nil {
		return nil, err
	}
	return &answer[wire.VersionRetentionRead]{Index: index, LeaderContact: s.contact(rd), Body: wire.VersionRetentionRead{VersionRetention: versionRule(rule), Indexed: at(index)}}, nil
}

func (s *Server) retainVersions(ctx context.Context, _ *retainAllInput) (*answer[wire.VersionRetentionAnswer], error) {
	var r wire.VersionRetentionRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	var body wire.VersionRetentionAnswer
	var a engine.Answered
	switch {
	case r.Off && (r.Keep != nil || r.MinAge != ""):
		return nil, invalid("off", "takes the rule away, and keep or min_age set one")
	case r.Off:
		a, err = s.cfg.Retainer.RemoveVersionRetention(ctx, c)
		body.VersionRetention = versionRule(nil)
	case r.Keep == nil && r.MinAge == "":
		return nil, invalid("keep", "and min_age are missing: give one of them, or off")
	default:
		keep, age := int64(0), time.Duration(0)
		if r.Keep != nil {
			keep = *r.Keep
		}
		if r.MinAge != "" {
			if age, err = duration("min_age", r.MinAge); err != nil {
				return nil, err
			}
		}
		a, err = s.cfg.Retainer.SetVersionRetention(ctx, c, keep, age)
		body.VersionRetention = wire.VersionRetention{Active: true, Keep: uint64(keep), MinAge: age.String()}
	}
	if err != nil {
		return nil, refused(a, err)
	}
	body.Answered = answered(a)
	return &answer[wire.VersionRetentionAnswer]{Index: a.Index, Body: body}, nil
}
