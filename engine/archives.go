package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// StoreArchive validates an archive as a deploy does, and stores it on a majority. Nothing is
// loaded. The archive is kept for an hour, unless an entry names it by then; storing it again
// begins another hour. The result names it by its digest.
//
// A request that is known stores the archive all the same, which may be gone by then.
func (e *Engine) StoreArchive(ctx context.Context, c Call, data []byte) (archive *catalog.Archive, a Answered, err error) {
	if e.atLevel(levelOfNotes) != nil {
		c.Request = nil
	}
	if _, _, err := e.firstOutcome(c); err != nil {
		return nil, a, err
	}
	if archive, err = e.openAndCheck(ctx, data); err != nil {
		return nil, a, err
	}
	digest, err := e.storeArchive(ctx, data)
	if err != nil {
		return nil, a, err
	}
	if digest != archive.Digest {
		return nil, a, fmt.Errorf("engine: the archive's digest is %s, but it was stored as %s", archive.Digest, digest)
	}
	if c.Request != nil {
		_, a, err = propose[*fsm.Done](ctx, e, c, new(fsm.NoteCall))
	}
	return archive, a, err
}

// levelOfNotes is the level from which the key of a request to store an archive is remembered.
const levelOfNotes = 7
