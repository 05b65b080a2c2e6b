package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// pinKind is the kind under which r pins its version; 0 when it does not.
func (r *row) pinKind() rows.PinKind {
	switch {
	case !r.Run.Status.Open():
		return 0
	case r.Run.Status == history.StatusPaused:
		return rows.PinRecoverableRun
	case r.Run.Turns > 0:
		return rows.PinLiveRun
	case r.Run.Parent != nil && !r.Continued:
		return rows.PinRecordedChild
	}
	return rows.PinInFlightStart
}

// pinChanges is which versions' counts an entry changed, in the order in which it did.
type pinChanges struct {
	changed  map[catalog.Version]bool
	versions []catalog.Version
}

func (c *pinChanges) reset() {
	if c.changed == nil {
		c.changed = map[catalog.Version]bool{}
	}
	clear(c.changed)
	c.versions = c.versions[:0]
}

// projectPin moves r's pin to the kind that it is of now.
func (t *step) projectPin(r *row) {
	kind := r.pinKind()
	if kind == r.PinKind {
		return
	}
	v := r.Run.Version
	if r.PinKind != 0 {
		t.Del(rows.PinKey(v, r.PinKind, r.PinNumber))
		t.count(v, r.PinKind, r.PinNumber, -1)
	}
	r.PinKind, r.PinNumber = kind, 0
	if kind != 0 {
		t.meta.Pin++
		r.PinNumber = t.meta.Pin
		t.Put(rows.PinKey(v, kind, r.PinNumber), rows.AppendU64(append(make([]byte, 0, 24), r.Run.RunID[:]...), uint64(t.now)))
		t.count(v, kind, r.PinNumber, +1)
	}
}

func (t *step) count(v catalog.Version, k rows.PinKind, number uint64, by int) {
	t.tally(rows.PinPage(v, k, number), by)
	counts := t.s.counts[v]
	if counts == nil {
		counts = new(rows.PinCounts)
		t.s.counts[v] = counts
	}
	*counts.Of(k) += uint64(by)
	if !t.pins.changed[v] {
		t.pins.changed[v] = true
		t.pins.versions = append(t.pins.versions, v)
	}
}

// storePins writes the counts at the end of the entry. The count of a version stays while the
// version is loaded, even when it is zero: deleted and written again with every run, it would be
// slow to read.
func (t *step) storePins() {
	for _, v := range t.pins.versions {
		if c := t.s.counts[v]; c != nil {
			t.PutRow(rows.VersionKey(rows.FamilyPinCount, v), c)
		}
	}
}

// forgetPins drops the count of a version that is being unloaded; nothing pins it.
func (t *step) forgetPins(v catalog.Version) {
	delete(t.s.counts, v)
	t.Del(rows.VersionKey(rows.FamilyPinCount, v))
}

// pinned returns what pins v.
func (t *step) pinned(v catalog.Version) rows.PinCounts {
	if c := t.s.counts[v]; c != nil {
		return *c
	}
	return rows.PinCounts{}
}

// holders calls f with the holders of v of kind k whose number is above from, in order, until f
// returns false.
func holders(in reader, v catalog.Version, k rows.PinKind, from uint64, f func(number uint64, id history.RunID, since history.Time) bool) {
	more := from < 1<<64-1
	if !more {
		return
	}
	mine := rows.PinPage(v, k, 0).Rows()
	eachPage(in, mine, from+1, func(first, end []byte) bool {
		in.Scan(rows.Later(first, rows.PinKey(v, k, from+1)), end, func(pk, b []byte) bool {
			more = f(rows.U64(pk[len(mine):]), history.RunID(b[:16]), history.Time(rows.U64(b[16:])))
			return more
		})
		return more
	})
}

// first returns the first n holders of v, in the order of kinds.
func (t *step) first(v catalog.Version, n int) (first []PinHolder) {
	t.storePages()
	counts := t.pinned(v)
	for k := rows.PinInFlightStart; k <= rows.PinRecordedChild; k++ {
		if *counts.Of(k) == 0 {
			continue
		}
		holders(t, v, k, 0, func(_ uint64, id history.RunID, since history.Time) bool {
			if r := t.run(id); r != nil && len(first) < n {
				first = append(first, r.holder(k, since))
			}
			return len(first) < n
		})
	}
	return first
}

func (r *row) holder(k rows.PinKind, since history.Time) PinHolder {
	h := PinHolder{Kind: k, WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, WorkflowType: r.Run.Type, Since: since}
	if k == rows.PinRecordedChild {
		h.RecordedBy = r.Run.Parent
	}
	return h
}

// Pins implements View.
func (p *picture) Pins(v catalog.Version) (c rows.PinCounts) {
	p.row(p.Get(rows.VersionKey(rows.FamilyPinCount, v)), &c)
	return c
}

// PinHolders implements View. The cursor is the kind and the number of the last pin returned.
func (p *picture) PinHolders(v catalog.Version, limit int, after string) (list []PinHolder, next string) {
	kind, from, err := parsePinCursor(after)
	if err != nil {
		return nil, ""
	}
	counts, last := p.Pins(v), ""
	for ; kind <= rows.PinRecordedChild && next == ""; kind, from = kind+1, 0 {
		if *counts.Of(kind) == 0 {
			continue
		}
		holders(p, v, kind, from, func(number uint64, id history.RunID, since history.Time) bool {
			if len(list) == pageSize(limit) {
				next = last
				return false
			}
			if r := p.run(id); r != nil {
				list = append(list, r.holder(kind, since))
			}
			last = fmt.Sprintf("%d-%d", kind, number)
			return true
		})
	}
	return list, next
}

// PinCursor is the cursor before the first holder of a kind.
func PinCursor(kind rows.PinKind) string { return fmt.Sprintf("%d-0", kind) }

// CheckPinCursor refuses, as *catalog.InvalidInput, a cursor that PinHolders cannot have returned.
func CheckPinCursor(cursor string) error {
	_, _, err := parsePinCursor(cursor)
	return err
}

func parsePinCursor(cursor string) (kind rows.PinKind, number uint64, err error) {
	if cursor == "" {
		return rows.PinInFlightStart, 0, nil
	}
	var trailing string
	n, _ := fmt.Sscanf(cursor, "%d-%d%s", &kind, &number, &trailing)
	if n != 2 || kind < rows.PinInFlightStart || kind > rows.PinRecordedChild {
		return 0, 0, &catalog.InvalidInput{Field: "cursor", Reason: fmt.Sprintf("%s was not returned by an earlier page", catalog.QuoteStart(cursor, 40))}
	}
	return kind, number, nil
}
