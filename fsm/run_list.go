package fsm

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// maxSteps is how many rows, of indexes and of runs, one call of ListRuns looks at: a filter that
// few runs pass gives short pages, each with a cursor to go on from. maxGathered is up to how many
// runs that closed within the bounds of a filter are gathered first.
const (
	maxSteps    = 10_000
	maxGathered = 20_000
)

// projectStatus lists r under the status that it has now, and counts it there.
func (t *step) projectStatus(r *row) {
	was, is := r.Listed, r.Run.Status
	if was == is {
		return
	}
	if was != 0 {
		t.Del(rows.StatusKey(was, r.Serial))
		t.countRun(r, was, -1)
		if was.Open() {
			t.tally(rows.StatusPage(was, r.Serial), -1)
		}
	}
	t.Put(rows.StatusKey(is, r.Serial), nil)
	t.countRun(r, is, +1)
	if is.Open() { // closed runs stay where they are
		t.tally(rows.StatusPage(is, r.Serial), +1)
	}
	r.Listed = is
}

// unlistStatus takes a closed run that is deleted off the list, and out of the count.
func (t *step) unlistStatus(r *row) {
	t.Del(rows.StatusKey(r.Listed, r.Serial))
	t.countRun(r, r.Listed, -1)
}

// ListRuns implements View. It walks all indexes that the filter names at once, as far as they
// agree, and checks the rest of the filter on the rows. All are ordered by serial, so a cursor, the
// serial above which everything has been looked at, stays right whatever is written between two
// pages. A malformed cursor finds nothing.
func (p *picture) ListRuns(f RunFilter, limit int, cursor string) (runs []rows.Run, next string) {
	below, err := parseCursor(cursor)
	if err != nil || f.Status.Open() && f.closes() {
		return nil, ""
	}
	first := p.oldest
	if f.StartedFrom > 0 {
		first = p.firstStarted(f.StartedFrom)
	}
	for _, end := range []history.Time{f.StartedBefore, f.ClosedBefore} { // what closed before a time started before it
		if end > 0 {
			below = min(below, p.firstStarted(end))
		}
	}
	indexes, err := p.indexes(&f, first)
	defer func() {
		for _, index := range indexes {
			err = errors.Join(err, index.close())
		}
		p.s.fail(err)
	}()
	if err != nil {
		return nil, ""
	}
	list, err := p.listed(rows.Key(rows.FamilyRun), first)
	if err != nil {
		return nil, ""
	}
	defer func() { p.s.fail(list.close()) }()
	for steps := maxSteps; below > first; steps-- {
		serial, found, more := meet(indexes, below-1, &steps)
		switch {
		case !more || serial < first:
			return runs, ""
		case !found:
			return runs, cursorOf(serial + 1)
		case len(runs) == pageSize(limit):
			return runs, cursorOf(below)
		}
		if at, ok := list.seek(serial); ok && at == serial {
			var r row
			if !p.row(list.it.Value(), &r.RunRow) {
				return nil, ""
			}
			if f.passes(&r.Run) {
				runs = append(runs, r.Run)
			}
		}
		below = serial
	}
	return runs, ""
}

func cursorOf(below uint64) string { return strconv.FormatUint(below, 36) }

// CheckRunCursor refuses, as *catalog.InvalidInput, a cursor that ListRuns cannot have returned.
func CheckRunCursor(cursor string) error {
	_, err := parseCursor(cursor)
	return err
}

func parseCursor(cursor string) (below uint64, err error) {
	if cursor == "" {
		return math.MaxUint64, nil
	}
	below, err = strconv.ParseUint(cursor, 36, 64)
	if err != nil {
		return 0, &catalog.InvalidInput{Field: "cursor", Reason: fmt.Sprintf("%s was not returned by an earlier page", catalog.QuoteStart(cursor, 40))}
	}
	return below, nil
}
