package engine

import (
	"context"
	"errors"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// maxFilterAttributes bounds the attributes of a filter: each one is another index to walk.
const maxFilterAttributes = 20

// List lists one page of runs, newest first or as f.Sort says. It returns the next page's cursor
// ("" = no more) and the index of the read. versionRef restricts the list to one version: a prefix
// of a loaded one, or all 64 digits of any. A page may have fewer runs than the limit, or none, and
// still have a cursor: the next call continues the search.
func (e *Engine) List(ctx context.Context, rd Read, f fsm.RunFilter, versionRef string, limit int, cursor string) ([]rows.Run, string, uint64, error) {
	limit, err := checkPage(limit)
	if err != nil {
		return nil, "", 0, err
	}
	if err := fsm.CheckRunCursor(cursor, f.Sort); err != nil {
		return nil, "", 0, err
	}
	if err := checkFilter(&f); err != nil {
		return nil, "", 0, err
	}
	var runs []rows.Run
	var next string
	var index uint64
	readErr := e.read(ctx, rd, func(v fsm.View) {
		index = v.Index()
		if f.Version, err = versionOf(v, versionRef); err != nil {
			return
		}
		if err = resolveConditions(v, f.Where); err != nil {
			return
		}
		if err = checkSort(v, f.Sort); err == nil {
			runs, next = v.ListRuns(f, limit, cursor)
		}
	})
	if readErr != nil {
		return nil, "", 0, readErr
	}
	return runs, next, index, err
}

// checkFilter rejects filters that no run can match, and writes attributes as runs store them.
func checkFilter(f *fsm.RunFilter) (err error) {
	if f.Type != "" {
		if err := checkType("type", f.Type); err != nil {
			return err
		}
	}
	if f.Parent != "" {
		if err := history.CheckWorkflowID(namespace.Bare(f.Parent)); err != nil {
			return invalid("parent", "%v", err)
		}
	}
	for _, b := range []struct {
		name         string
		from, before history.Time
	}{{"started", f.StartedFrom, f.StartedBefore}, {"closed", f.ClosedFrom, f.ClosedBefore}} {
		if b.from < 0 || b.before < 0 {
			return invalid(b.name, "is bounded by a time before 1970")
		}
		if b.before != 0 && b.from >= b.before {
			return invalid(b.name, "is bounded from %s to %s, which is not later", b.from, b.before)
		}
	}
	if f.Where, err = checkConditions(f.Where); err != nil {
		return err
	}
	if len(f.Attributes) > maxFilterAttributes {
		return invalid("attributes", "has %d names, the limit is %d", len(f.Attributes), maxFilterAttributes)
	}
	f.Attributes, err = checkAttributes(f.Attributes)
	return err
}

// inField attributes what is wrong with how a version is named to the member that names it.
func inField(field string, err error) error {
	if bad, ok := errors.AsType[*catalog.InvalidInput](err); ok && bad.Field == "version" {
		return &catalog.InvalidInput{Field: field, Reason: bad.Reason}
	}
	return err
}

// versionOf resolves the version that a caller names: none, a prefix of a loaded one, or any
// version in full.
func versionOf(v fsm.View, ref string) (catalog.Version, error) {
	if ref == "" {
		return catalog.Version{}, nil
	}
	if full, err := catalog.ParseVersion(ref); err == nil && !full.IsZero() { // the zero version means none
		return full, nil
	}
	return v.Catalog().Find(ref)
}
