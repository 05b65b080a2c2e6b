package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Count counts runs by type, version and status, exactly. Of f only Type and Status are read; versionRef as for List.
func (e *Engine) Count(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string) ([]fsm.RunCount, uint64, error) {
	panic("being built")
}
