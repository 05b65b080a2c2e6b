package fsm

import (
	"bytes"
	"fmt"
	"strconv"

	"aion.dev/aion/catalog"
)

// maxScanned is how many rows one call of ListRuns looks at: a filter that few runs pass gives short pages, each with a cursor to go on from.
const maxScanned = 5_000

// projectStatus lists r under the status that it has now.
func (t *step) projectStatus(r *row) {
	was, is := r.Listed, r.Run.Status
	if was == is {
		return
	}
	if was != 0 {
		t.del(statusKey(was, r.Serial))
		if was.Open() {
			t.tally(statusPage(was, r.Serial), -1)
		}
	}
	t.put(statusKey(is, r.Serial), nil)
	if is.Open() { // closed runs stay where they are
		t.tally(statusPage(is, r.Serial), +1)
	}
	r.Listed = is
}

// ListRuns implements View. It walks the narrowest index that the filter allows and checks the rest of the filter on the rows. All indexes are ordered
// by serial, so a cursor, the serial of the last run looked at, stays right whichever index the next page walks. A malformed cursor finds nothing.
func (p *picture) ListRuns(f RunFilter, limit int, cursor string) (runs []Run, next string) {
	below, err := parseCursor(cursor)
	if err != nil || below == 0 {
		return nil, ""
	}
	prefix := f.index()
	bound := u64(prefix[:len(prefix):len(prefix)], below)
	scanned, more := 0, false
	look := func(k, b []byte) bool {
		if more = scanned == maxScanned || len(runs) == pageSize(limit); more {
			return false
		}
		serial := readU64(k[len(prefix):])
		r := new(row)
		if len(prefix) > 1 { // not the rows themselves
			b = p.get(rowKey(serial))
		}
		if !p.row(b, r) {
			return false
		}
		if f.passes(&r.Run) {
			runs = append(runs, r.Run)
		}
		scanned++
		next = strconv.FormatUint(serial, 36)
		return true
	}
	if f.Status.Open() {
		p.eachPageBack(prefix, below-1, func(first, end []byte) bool {
			p.scanBack(first, sooner(end, bound), look)
			return !more
		})
	} else {
		p.scanBack(prefix, bound, look)
	}
	if !more {
		next = ""
	}
	return runs, next
}

// CheckRunCursor refuses, as *catalog.InvalidInput, a cursor that ListRuns cannot have returned.
func CheckRunCursor(cursor string) error {
	_, err := parseCursor(cursor)
	return err
}

func parseCursor(cursor string) (below uint64, err error) {
	if cursor == "" {
		return 1<<64 - 1, nil
	}
	below, err = strconv.ParseUint(cursor, 36, 64)
	if err != nil {
		return 0, &catalog.InvalidInput{Field: "cursor", Reason: fmt.Sprintf("%.40q was not returned by an earlier page", cursor)}
	}
	return below, nil
}

// index is the prefix of the index to walk.
func (f *RunFilter) index() []byte {
	switch {
	case f.Status.Open():
		return append(key(keyByStatus), byte(f.Status))
	case !f.Version.IsZero():
		return versionKey(keyByVersion, f.Version)
	case f.Type != "":
		return append(textKey(keyByType, f.Type), 0)
	case f.Status != 0:
		return append(key(keyByStatus), byte(f.Status))
	}
	return key(keyRow)
}

func (f *RunFilter) passes(r *Run) bool {
	if f.Type != "" && r.Type != f.Type || f.Status != 0 && r.Status != f.Status || !f.Version.IsZero() && r.Version != f.Version {
		return false
	}
	for _, name := range sortedKeys(f.Attributes) {
		if !bytes.Equal(r.Attributes[name], f.Attributes[name]) {
			return false
		}
	}
	return true
}
