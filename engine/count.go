package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// Count returns exact counts of runs by type, version and status, without reading the runs. It uses
// only Type and Status of f; versionRef is as for List. Combinations without runs are not listed.
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
