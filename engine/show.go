package engine

import (
	"context"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// Shown is one loaded version with all its details.
type Shown struct {
	VersionRow
	Archive *catalog.Archive
	Index   uint64
}

// ShowVersion returns everything about the version of typ that ref names. The row is read at one
// index. The archive is read afterwards; it still exists if the version is unloaded in between.
func (e *Engine) ShowVersion(ctx context.Context, rd Read, typ, ref string) (*Shown, error) {
	var s Shown
	var err error
	readErr := e.read(ctx, rd, func(v fsm.View) {
		s.Index = v.Index()
		var version catalog.Version
		if version, err = v.Catalog().FindFor(typ, ref); err != nil {
			return
		}
		for _, row := range versionRows(v, typ) {
			if row.Package.Version == version {
				s.VersionRow = row
			}
		}
	})
	if readErr != nil {
		return nil, readErr
	}
	if err != nil {
		return nil, err
	}
	select { // inflating an archive takes memory, as in a deploy
	case e.vetting <- struct{}{}:
		defer func() { <-e.vetting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s.Archive, err = e.programs.archive(ctx, s.Package); err != nil {
		return nil, &Unavailable{Why: "its archive cannot be read here now: " + err.Error()}
	}
	return &s, nil
}
