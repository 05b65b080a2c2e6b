package engine

import (
	"context"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Count returns exact counts of the runs that f finds, by type, version and status; or, if by names
// an attribute, by its values, the most frequent first, without the runs that do not have it. What
// f says of types, versions and statuses alone is answered from kept counts; for the rest the runs
// are looked at, within bounds. versionRef is as for List. What has no runs is not listed.
func (e *Engine) Count(ctx context.Context, rd Read, f fsm.RunFilter, versionRef, by string) (counts []fsm.FoundCount, index uint64, err error) {
	if err := checkFilter(&f); err != nil {
		return nil, 0, err
	}
	if by != "" {
		if err := history.CheckAttributeName(by); err != nil {
			return nil, 0, invalid("by", "names an %v", err)
		}
	}
	readErr := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if f.Version, err = versionOf(v, versionRef); err != nil {
			return
		}
		if err = resolveConditions(v, f.Where); err != nil {
			return
		}
		var tooMuch string
		if counts, tooMuch = v.CountFound(f, by); tooMuch != "" {
			err = invalid("where", "%s", tooMuch)
		}
	})
	if readErr != nil {
		return nil, 0, readErr
	}
	return counts, index, err
}
