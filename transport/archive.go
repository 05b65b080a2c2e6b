package transport

import (
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
)

// Archivist is what the route of archives needs from a node.
type Archivist interface {
	StoreArchive(ctx context.Context, c engine.Call, archive []byte) (*catalog.Archive, engine.Answered, error)
}

type archiveInput struct{ Keyed }

func (s *Server) storeArchive(ctx context.Context, _ *archiveInput) (*answer[wire.Archive], error) {
	release, err := s.loads.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	c, err := change(ctx, nil, required)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	bytes := x.bodyBytes
	if len(bytes) == 0 {
		return nil, invalid("body", "is empty; want the bytes of an archive")
	}
	if err := s.stored.admit(x.caller, bytes, time.Now()); err != nil {
		return nil, err
	}
	stored, a, err := s.cfg.Archivist.StoreArchive(ctx, c, bytes)
	if err != nil {
		return nil, refused(a, err)
	}
	done, err := s.reached(ctx, a)
	if err != nil {
		return nil, err
	}
	body := wire.Archive{Archive: stored.Digest.String(), Version: stored.Version.String(), Answered: done}
	for _, m := range stored.Members() {
		body.WorkflowTypes = append(body.WorkflowTypes, m.Type)
	}
	return &answer[wire.Archive]{Index: done.Index, Body: body}, nil
}
