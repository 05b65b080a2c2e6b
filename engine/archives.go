package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
)

// StoreArchive validates an archive as a deploy does, and stores it on a majority. Nothing is
// loaded. The archive is kept for an hour, unless an entry names it by then; storing it again
// begins another hour. The result names it by its digest.
func (e *Engine) StoreArchive(ctx context.Context, data []byte) (*catalog.Archive, error) {
	archive, err := e.openAndCheck(ctx, data)
	if err != nil {
		return nil, err
	}
	digest, err := e.storeArchive(ctx, data)
	if err != nil {
		return nil, err
	}
	if digest != archive.Digest {
		return nil, fmt.Errorf("engine: the archive's digest is %s, but it was stored as %s", archive.Digest, digest)
	}
	return archive, nil
}
