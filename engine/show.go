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
	Signed  []SignedBy
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
		s.Signed = signedBy(v, version)
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
		return nil, unreadable(err)
	}
	return &s, nil
}

// unreadable reports that a loaded version's archive is not to be had at the moment.
func unreadable(err error) error {
	return &Unavailable{Why: "its archive cannot be read here now: " + err.Error()}
}

// Fetched is the archive of a loaded version, as it was deployed.
type Fetched struct {
	Version catalog.Version
	Digest  catalog.Digest // SHA-256 of Archive
	Archive []byte
	Signed  []SignedBy
	Index   uint64
}

// FetchVersion returns the archive of the version of typ that ref names, from this node's disk or
// from a peer. rd.Room is asked for its bytes before it is returned; until then few archives at a
// time are in memory.
func (e *Engine) FetchVersion(ctx context.Context, rd Read, typ, ref string) (*Fetched, error) {
	var f Fetched
	var err error
	readErr := e.read(ctx, rd, func(v fsm.View) {
		f.Index = v.Index()
		if f.Version, err = v.Catalog().FindFor(typ, ref); err != nil {
			return
		}
		p, _ := v.Catalog().Package(f.Version)
		f.Digest = p.Blob
		f.Signed = signedBy(v, f.Version)
	})
	if readErr != nil {
		return nil, readErr
	}
	if err != nil {
		return nil, err
	}
	select {
	case e.vetting <- struct{}{}:
		defer func() { <-e.vetting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if f.Archive, err = e.cfg.Blobs.Get(ctx, f.Digest); err != nil {
		return nil, unreadable(err)
	}
	return &f, rd.room(int64(len(f.Archive)))
}
