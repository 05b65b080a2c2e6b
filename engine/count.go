package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Count counts runs by type, version and status, exactly, without looking at the runs. Of f only
// Type and Status are read; versionRef as for List. What there are no runs of is not listed.
func (e *Engine) Count(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string) (counts []fsm.RunCount, index uint64, err error) {
	if f.Type != "" {
		if err := checkType("type", f.Type); err != nil {
			return nil, 0, err
		}
	}
	readErr := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if f.Version, err = versionOf(v, versionRef); err == nil {
			counts = v.CountRuns(f)
		}
	})
	if readErr != nil {
		return nil, 0, readErr
	}
	return counts, index, err
}
