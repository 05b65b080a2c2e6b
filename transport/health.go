package transport

import (
	"context"

	"aion.dev/aion/transport/wire"
)

type healthInput struct{}

func (s *Server) live(context.Context, *healthInput) (*plain[wire.Health], error) {
	return &plain[wire.Health]{Body: wire.Health{Status: "ok"}}, nil
}

func (s *Server) ready(context.Context, *healthInput) (*plain[wire.Health], error) {
	if s.closing.Err() != nil {
		return nil, wire.New("unavailable", "this node is shutting down")
	}
	if err := s.cfg.Cluster.Ready(); err != nil {
		return nil, wire.New("unavailable", err.Error())
	}
	return &plain[wire.Health]{Body: wire.Health{Status: "ok"}}, nil
}
