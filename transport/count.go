package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// RunCounter is what the route that counts runs needs from a node.
type RunCounter interface {
	Count(ctx context.Context, rd engine.Read, f fsm.RunFilter, versionRef string) ([]fsm.RunCount, uint64, error)
}

type countInput struct {
	Fresh
	OfKind
}

func (s *Server) count(ctx context.Context, in *countInput) (*answer[wire.RunCounts], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	counts, index, err := s.cfg.RunCounter.Count(ctx, rd, f, in.Version)
	if err != nil {
		return nil, err
	}
	body := wire.RunCounts{Counts: make([]wire.RunCount, len(counts)), Indexed: at(index)}
	for i, c := range counts {
		body.Counts[i] = wire.RunCount{WorkflowType: c.Type, Version: c.Version.String(), Status: c.Status.String(), Count: c.Count}
		body.Total += c.Count
	}
	return &answer[wire.RunCounts]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// OfKind are the filter parameters shared by listings and counts.
type OfKind struct {
	Type    string `query:"type" ns:"name"`
	Status  string `query:"status" enum:"running,paused,completed,failed,cancelled,terminated,timed_out,continued_as_new"`
	Version string `query:"version" ns:"version" doc:"Full, or a unique prefix of at least 6 digits"`
}

func (o OfKind) filter() (f fsm.RunFilter, err error) {
	f.Type = o.Type
	if o.Status == "" {
		return f, nil
	}
	if f.Status, err = history.ParseStatus(o.Status); err != nil {
		return f, invalid("status", "%v", err)
	}
	return f, nil
}
