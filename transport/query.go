package transport

import (
	"context"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// Querier is what the route of queries needs from a node.
type Querier interface {
	Query(ctx context.Context, rd engine.Read, ref fsm.RunRef, name string, args history.Payload) (history.Payload, uint64, error)
}

type queryInput struct {
	Looked
	Named
}

func (s *Server) query(ctx context.Context, in *queryInput) (*answer[wire.QueryAnswer], error) {
	rd, ref, err := in.look(ctx)
	if err != nil {
		return nil, err
	}
	var q wire.QueryRequest
	if err := exchangeOf(ctx).decode(&q, optional); err != nil {
		return nil, err
	}
	result, index, err := s.cfg.Querier.Query(ctx, rd, ref, in.Name, history.Payload(q.Args))
	if err != nil {
		return nil, err
	}
	return &answer[wire.QueryAnswer]{Index: index, LeaderContact: s.contact(rd), Body: wire.QueryAnswer{Result: value(result), Indexed: at(index)}}, nil
}
