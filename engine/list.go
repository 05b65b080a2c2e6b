package engine

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// List lists one page of runs, newest first, with the next page's cursor ("" = no more) and the index it was read at. versionRef narrows to a version:
// a prefix of a loaded one, or all 64 digits of any.
func (e *Engine) List(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string, limit int, cursor string) ([]fsm.Run, string, uint64, error) {
	limit, err := checkPage(limit)
	if err != nil {
		return nil, "", 0, err
	}
	if err := fsm.CheckRunCursor(cursor); err != nil {
		return nil, "", 0, err
	}
	if f.Type != "" {
		if err := checkType("type", f.Type); err != nil {
			return nil, "", 0, err
		}
	}
	if f.Attributes, err = checkAttributes(f.Attributes); err != nil {
		return nil, "", 0, err
	}
	full, notFull := catalog.ParseVersion(versionRef)
	var runs []fsm.Run
	var next string
	var index uint64
	readErr := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		switch {
		case versionRef == "":
		case notFull == nil:
			f.Version = full
		default:
			if f.Version, err = v.Catalog().Find(versionRef); err != nil {
				return
			}
		}
		runs, next = v.ListRuns(f, limit, cursor)
	})
	if readErr != nil {
		return nil, "", 0, readErr
	}
	return runs, next, index, err
}
