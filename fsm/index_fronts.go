package fsm

import (
	"bytes"
	"slices"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Rows of the ready, timer and fire indexes are taken from the front, and the leader looks there
// after every entry. A database keeps a mark for each deleted row until it compacts, and finding
// the first row left steps over all of them: after a million timers have fired, 100 ms for "when is
// the next?", and with few marks it is still a search of memory that nobody has touched lately. So
// the first rows of each index are in memory, too.
type queues struct {
	ready, timers, fires front
}

func newQueues() queues {
	return queues{ready: newFront(rows.FamilyReady), timers: newFront(rows.FamilyTimer), fires: newFront(rows.FamilyFire)}
}

// front is the first rows of a family, which changes no answer, only how fast it comes. The one of
// the goroutine that applies follows the entries; pictures have copies of it, which share rows.
type front struct {
	family byte
	rows   []frontRow // all rows of the family before rest, in order; what pictures may share is never changed in place
	rest   []byte     // from here on rows are in the database only; the end of the family when there are none
	shared bool       // pictures have rows
}

type frontRow struct{ key, value []byte }

// How many rows a front has: it is read from the database when it is empty, and cut when it has too
// many.
const (
	frontRows     = 64
	mostFrontRows = 2 * frontRows
)

func newFront(family byte) front { return front{family: family, rest: rows.Key(family)} }

func (f *front) end() []byte { return rows.Key(f.family + 1) }

// find returns the place of a key among the rows, and whether it is there.
func (f *front) find(key []byte) (int, bool) {
	if n := len(f.rows); n == 0 || bytes.Compare(key, f.rows[n-1].key) > 0 {
		return n, false // where most new rows go
	}
	return slices.BinarySearchFunc(f.rows, key, func(r frontRow, key []byte) int { return bytes.Compare(r.key, key) })
}

// put follows a row that was written.
func (f *front) put(key, value []byte) {
	if bytes.Compare(key, f.rest) >= 0 {
		return
	}
	both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
	row := frontRow{key: both[:len(key):len(key)], value: both[len(key):]}
	switch i, found := f.find(key); {
	case found:
		f.own()
		f.rows[i] = row
	case i == len(f.rows): // pictures do not see what is behind their rows
		f.rows = append(f.rows, row)
	default:
		f.own()
		f.rows = slices.Insert(f.rows, i, row)
	}
	if len(f.rows) > mostFrontRows {
		f.rest = f.rows[frontRows].key
		f.rows = f.rows[:frontRows:frontRows]
	}
}

// del follows a row that was deleted.
func (f *front) del(key []byte) {
	if bytes.Compare(key, f.rest) >= 0 {
		return
	}
	switch i, found := f.find(key); {
	case !found:
	case i == 0:
		f.rows = f.rows[1:]
	default:
		f.own()
		f.rows = slices.Delete(f.rows, i, i+1)
	}
}

// own makes rows that pictures share the front's own.
func (f *front) own() {
	if f.shared {
		f.rows, f.shared = slices.Clone(f.rows), false
	}
}

// fill reads the first rows when the front has none and the database may have some.
func (f *front) fill(db store.Reader) error {
	if len(f.rows) > 0 || bytes.Equal(f.rest, f.end()) {
		return nil
	}
	f.rows, f.shared = nil, false
	first, rest := f.rest, f.end()
	err := db.Scan(first, f.end(), func(k, v []byte) bool {
		k = append([]byte(nil), k...)
		if len(f.rows) == frontRows {
			rest = k
			return false
		}
		f.rows = append(f.rows, frontRow{k, append([]byte{}, v...)})
		return true
	})
	if err == nil {
		f.rest = rest
	}
	return err
}

// keep follows what an entry did, once it is committed and before it is published.
func (q *queues) keep(t *step) error {
	for _, f := range []*front{&q.ready, &q.timers, &q.fires} {
		t.Changed(f.family, func(key, value []byte) {
			if value != nil {
				f.put(key, value)
			} else {
				f.del(key)
			}
		})
	}
	return q.fill(t.s.db.Reader)
}

// fill fills all fronts.
func (q *queues) fill(db store.Reader) error {
	for _, f := range []*front{&q.ready, &q.timers, &q.fires} {
		if err := f.fill(db); err != nil {
			return err
		}
	}
	return nil
}

// published returns the copy of a picture.
func (q *queues) published() queues {
	q.ready.shared, q.timers.shared, q.fires.shared = true, true, true
	return *q
}

// scanFront calls f with the rows of a front's family from first up to but without end until f
// returns false. F must not change k and v, nor keep them.
func (p *picture) scanFront(q *front, first, end []byte, f func(k, v []byte) bool) {
	i, _ := q.find(first)
	for _, r := range q.rows[i:] {
		if bytes.Compare(r.key, end) >= 0 || !f(r.key, r.value) {
			return
		}
	}
	if bytes.Compare(q.rest, end) < 0 {
		p.Scan(rows.Later(first, q.rest), end, f)
	}
}
