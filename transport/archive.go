package transport

import (
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

// Archivist is what the route of archives needs from a node.
type Archivist interface {
	StoreArchive(ctx context.Context, archive []byte) (*catalog.Archive, error)
}

type archiveInput struct{ Keyed }

// storeArchive needs no key: storing the same bytes again is the same.
func (s *Server) storeArchive(ctx context.Context, _ *archiveInput) (*plain[wire.Archive], error) {
	release, err := s.loads.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err := change(ctx, nil, required); err != nil {
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
	a, err := s.cfg.Archivist.StoreArchive(ctx, bytes)
	if err != nil {
		return nil, err
	}
	body := wire.Archive{Archive: a.Digest.String(), Version: a.Version.String()}
	for _, m := range a.Members() {
		body.WorkflowTypes = append(body.WorkflowTypes, m.Type)
	}
	return &plain[wire.Archive]{Body: body}, nil
}
