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
	f, ok := f.bounded()
	if !ok {
		return nil, ""
	}
	if f.Sort == (rows.Sort{Field: rows.OfStarted, Down: true}) {
		f.Sort = rows.Sort{}
	} else if f.Sort != (rows.Sort{}) {
		return p.listSorted(&f, pageSize(limit), cursor)
	}
	below, err := parseCursor(cursor)
	if err != nil {
		return nil, ""
	}
	steps := maxSteps
	to, more := p.walk(&f, below, &steps, func(serial uint64, read func() *row) bool {
		if len(runs) == pageSize(limit) {
			return false
		}
		if r := read(); r != nil && f.passes(&r.Run) {
			runs = append(runs, r.Run)
		}
		return true
	})
	if more {
		next = cursorOf(to)
	}
	return runs, next
}

// walk calls visit with the serials below a number that are in all indexes of a bounded filter, the
// newest first, until visit returns false: next is the number to go on below. It takes at most
// *steps steps; when they are used up, or visit wants no more, there may be more. Visit reads the
// run by what it is given, one iterator for all; nil = it was deleted.
func (p *picture) walk(f *RunFilter, below uint64, steps *int, visit func(serial uint64, read func() *row) bool) (next uint64, more bool) {
	first := p.oldest
	if f.StartedFrom > 0 {
		first = p.firstStarted(f.StartedFrom)
	}
	for _, end := range []history.Time{f.StartedBefore, f.ClosedBefore} { // what closed before a time started before it
		if end > 0 {
			below = min(below, p.firstStarted(end))
		}
	}
	indexes, err := p.indexes(f, first)
	defer func() {
		for _, index := range indexes {
			err = errors.Join(err, index.close())
		}
		p.s.fail(err)
	}()
	if err != nil {
		return 0, false
	}
	list, err := p.listed(rows.Key(rows.FamilyRun), first)
	if err != nil {
		return 0, false
	}
	defer func() { p.s.fail(list.close()) }()
	var serial uint64
	read := func() *row {
		r := new(row)
		if at, ok := list.seek(serial); !ok || at != serial || !p.row(list.it.Value(), &r.RunRow) {
			return nil
		}
		return r
	}
	for found, more := false, false; below > first; *steps-- {
		serial, found, more = meet(indexes, below-1, steps)
		switch {
		case !more || serial < first:
			return 0, false
		case !found:
			return serial + 1, true
		case !visit(serial, read):
			return below, true
		}
		below = serial
	}
	return 0, false
}

func cursorOf(below uint64) string { return strconv.FormatUint(below, 36) }

// CheckRunCursor refuses, as *catalog.InvalidInput, a cursor that ListRuns cannot have returned for
// a listing in an order.
func CheckRunCursor(cursor string, sort rows.Sort) (err error) {
	if sort == (rows.Sort{}) || sort == (rows.Sort{Field: rows.OfStarted, Down: true}) {
		_, err = parseCursor(cursor)
	} else {
		_, err = parseSortedCursor(cursor)
	}
	return err
}

func parseCursor(cursor string) (below uint64, err error) {
	if cursor == "" {
		return math.MaxUint64, nil
	}
	below, err = strconv.ParseUint(cursor, 36, 64)
	if err != nil {
		return 0, foreignCursor(cursor)
	}
	return below, nil
}

func foreignCursor(cursor string) error {
	return &catalog.InvalidInput{Field: "cursor", Reason: fmt.Sprintf("%s was not returned by an earlier page", catalog.QuoteStart(cursor, 40))}
}
