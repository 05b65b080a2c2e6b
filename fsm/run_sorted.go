package fsm

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"slices"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// maxNarrow is up to how many runs a listing in another order gathers and sorts; when there may be
// more, it walks an index that has them in this order.
const maxNarrow = 1_000

// place is where a run stands in an order; runs of one place are in the order of their serials.
type place struct {
	at     []byte
	serial uint64
}

func (a place) compare(b place) int {
	if c := bytes.Compare(a.at, b.at); c != 0 {
		return c
	}
	switch {
	case a.serial < b.serial:
		return -1
	case a.serial > b.serial:
		return +1
	}
	return 0
}

// placeOf returns where r stands; false when it has no place in this order.
func placeOf(by rows.Sort, r *row) (place, bool) {
	switch by.Field {
	case rows.OfClosed:
		return place{rows.AppendU64(nil, uint64(r.Run.ClosedAt)), r.Serial}, !r.Run.Status.Open()
	case rows.OfAttribute:
		value, ok := r.Run.Attributes[by.Name]
		return place{rows.AppendPlace(nil, value), r.Serial}, ok
	}
	return place{nil, r.Serial}, true
}

// listSorted is a page of a listing in another order than the newest first. A cursor is the place
// of the run after which to go on, so it stays right whatever is written: a run that moves in
// between may be listed twice or not at all.
func (p *picture) listSorted(f *RunFilter, limit int, cursor string) (runs []rows.Run, next string) {
	after, err := parseSortedCursor(cursor)
	if err != nil {
		return nil, ""
	}
	type found struct {
		place
		run rows.Run
	}
	var all []found
	steps, few := maxSteps, 0
	if _, more := p.walk(f, math.MaxUint64, &steps, func(_ uint64, read func() *row) bool {
		if few++; few > maxNarrow {
			return false
		}
		r := read()
		if r == nil || !f.passes(&r.Run) {
			return true
		}
		if at, ok := placeOf(f.Sort, r); ok && (after == nil || f.Sort.Down == (at.compare(*after) < 0) && at.compare(*after) != 0) {
			all = append(all, found{at, r.Run})
		}
		return true
	}); more {
		return p.listInOrder(f, limit, after)
	}
	slices.SortFunc(all, func(a, b found) int {
		if f.Sort.Down {
			a, b = b, a
		}
		return a.compare(b.place)
	})
	for i := range all {
		if i == limit {
			return runs, all[i-1].cursor()
		}
		runs = append(runs, all[i].run)
	}
	return runs, ""
}

// listInOrder walks the index that has the order, and checks the filter on the rows.
func (p *picture) listInOrder(f *RunFilter, limit int, after *place) (runs []rows.Run, next string) {
	w, err := p.inOrder(f, after)
	defer func() { p.s.fail(errors.Join(err, w.close())) }()
	if err != nil {
		return nil, ""
	}
	var last place
	for steps := maxSteps; ; steps-- {
		at, ok := w.next()
		switch {
		case !ok:
			return runs, ""
		case len(runs) == limit || steps == 0:
			return runs, last.cursor()
		}
		if r := p.runAt(at.serial); r != nil && p.shows(r.Run.WorkflowID) && f.passes(&r.Run) {
			runs = append(runs, r.Run)
		}
		last = at
	}
}

// inOrder are the indexes that have the order, merged: the closed runs of each type have one.
func (p *picture) inOrder(f *RunFilter, after *place) (w ordered, err error) {
	w.down = f.Sort.Down
	add := func(prefix, first, end []byte) {
		if after != nil && w.down {
			end = minKey(end, after.keyIn(prefix))
		} else if after != nil {
			first = rows.Later(first, append(after.keyIn(prefix), 0))
		}
		if err != nil || bytes.Compare(first, end) >= 0 {
			return
		}
		it, bad := p.snap.Iter(first, end)
		if err = bad; bad == nil {
			w.lines = append(w.lines, sortedLine{it: it, prefix: len(prefix)})
		}
	}
	switch f.Sort.Field {
	case rows.OfClosed:
		types, end := []string{f.Type}, maxTime
		if f.Type == "" {
			types = p.types()
		}
		if f.ClosedBefore > 0 {
			end = f.ClosedBefore
		}
		for _, typ := range types {
			add(rows.ClosedPrefix(typ), rows.ClosedKey(typ, max(f.ClosedFrom, p.fronts[typ]), 0), rows.ClosedKey(typ, end, 0))
		}
	case rows.OfAttribute:
		space, ok := p.spaceAsked()
		if !ok {
			return w, nil
		}
		prefix := rows.OrderPrefix(space, f.Sort.Name)
		first, end := prefix, rows.After(prefix)
		for i := range f.Where {
			if c := &f.Where[i]; c.Field == rows.OfAttribute && c.Name == f.Sort.Name && c.Op != rows.Equal {
				from, to := c.Within(space)
				first, end = rows.Later(first, from), minKey(end, to)
			}
		}
		add(prefix, first, end)
	default:
		prefix := rows.Key(rows.FamilyRun)
		switch {
		case f.Type != "":
			prefix = append(rows.TextKey(rows.FamilyByType, f.Type), 0)
		case p.foreign():
			prefix = rows.SpaceRuns(*p.space)
		}
		first, before := p.oldest, p.meta.Serial+1
		if f.StartedFrom > 0 {
			first = max(first, p.firstStarted(f.StartedFrom))
		}
		if f.StartedBefore > 0 {
			before = min(before, p.firstStarted(f.StartedBefore))
		}
		add(prefix, place{serial: first}.keyIn(prefix), place{serial: before}.keyIn(prefix))
	}
	return w, err
}

func minKey(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return a
	}
	return b
}

// keyIn is the key of a place in an index.
func (a place) keyIn(prefix []byte) []byte {
	return rows.AppendU64(append(prefix[:len(prefix):len(prefix)], a.at...), a.serial)
}

func (a place) cursor() string { return base64.RawURLEncoding.EncodeToString(a.keyIn(nil)) }

func parseSortedCursor(cursor string) (*place, error) {
	if cursor == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < 8 || len(b) > 8+2+rows.OrderBytes {
		return nil, foreignCursor(cursor)
	}
	return &place{b[:len(b)-8], rows.U64(b[len(b)-8:])}, nil
}

// ordered are indexes whose keys are a prefix and a place, walked together.
type ordered struct {
	lines []sortedLine
	down  bool
}

type sortedLine struct {
	it     store.Iter
	prefix int
	begun  bool
}

// next returns the next place of all.
func (w *ordered) next() (least place, ok bool) {
	from := -1
	for i := range w.lines {
		l := &w.lines[i]
		if !l.begun {
			l.begun = true
			if w.down {
				l.it.Last()
			} else {
				l.it.First()
			}
		}
		if !l.it.Valid() {
			continue
		}
		k := l.it.Key()
		at := place{k[l.prefix : len(k)-8], rows.U64(k[len(k)-8:])}
		if c := at.compare(least); from < 0 || w.down && c > 0 || !w.down && c < 0 {
			from, least = i, at
		}
	}
	if from < 0 {
		return least, false
	}
	least.at = bytes.Clone(least.at) // the iterator moves on
	if w.down {
		w.lines[from].it.Prev()
	} else {
		w.lines[from].it.Next()
	}
	return least, true
}

func (w *ordered) close() (err error) {
	for i := range w.lines {
		err = errors.Join(err, w.lines[i].it.Error(), w.lines[i].it.Close())
	}
	return err
}
