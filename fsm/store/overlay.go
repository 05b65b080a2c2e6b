package store

import (
	"bytes"
	"fmt"
	"math"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// Overlay is what one entry changes, and the state with these changes on top. They are written as
// one batch, so the commands of an entry see each other's effects and the entry becomes visible,
// and durable, as a whole.
//
// Errors stick: reads find nothing from then on, and Commit writes nothing and returns the first.
type Overlay struct {
	db  *DB
	err error

	changes  [rows.Families][]byte // by family and then in order, in the form that the digest covers
	fresh    map[string][]byte     // what was written to the families that are looked up by key; nil = deleted
	mirror   *pebble.Batch         // the same changes, indexed; made when somebody scans
	mirrored [rows.Families]int    // how much of each family's changes is in mirror
	value    []byte                // of PutRow

	work   uint64 // units, see Charge
	ranges int    // deleted
}

// Overlay returns one without changes.
func (d *DB) Overlay() Overlay {
	return Overlay{db: d, fresh: map[string][]byte{}}
}

// lookedUp are the families that apply reads by key, often: those get a map of their own, so that
// most entries need no mirror.
var lookedUp = [rows.Families]bool{rows.FamilyRequest: true, rows.FamilyRemembered: true, rows.FamilyRunID: true, rows.FamilyLatest: true, rows.FamilyArmed: true, rows.FamilyChild: true, rows.FamilyPage: true, rows.FamilyTask: true}

// Reset makes o ready for another entry and keeps its memory.
func (o *Overlay) Reset() {
	for i := range o.changes {
		o.changes[i] = o.changes[i][:0]
	}
	clear(o.fresh)
	o.mirror, o.mirrored = nil, [rows.Families]int{}
	o.work, o.ranges = 0, 0
}

// Put writes a row.
func (o *Overlay) Put(key, value []byte) {
	o.change(opSet, key, value)
	if lookedUp[key[0]] {
		o.fresh[string(key)] = append([]byte{}, value...)
	}
}

// PutRow writes v, a type of package rows or history, as a row.
func (o *Overlay) PutRow(key []byte, v any) {
	o.value = rows.AppendEncoded(o.value[:0], v)
	o.Put(key, o.value)
}

// Del deletes a row.
func (o *Overlay) Del(key []byte) {
	o.change(opDelete, key, nil)
	if lookedUp[key[0]] {
		o.fresh[string(key)] = nil
	}
}

// DelRange deletes from first up to but without end, all of one family, which is not in lookedUp.
func (o *Overlay) DelRange(first, end []byte) {
	o.ranges++
	o.change(opRange, first, end)
}

// Get returns a copy of the value at key, nil when there is none.
func (o *Overlay) Get(key []byte) []byte {
	if o.err != nil {
		return nil
	}
	from := o.db.Reader
	if lookedUp[key[0]] {
		if v, ok := o.fresh[string(key)]; ok {
			return v
		}
		if o.db.Never(key, math.MaxUint64) {
			o.db.progress.Add(1)
			return nil
		}
	} else if key[0] != rows.FamilyRun { // rows of runs are written at the entry's end; until then those that changed are in fsm's cache
		from = o.Reader(key[0])
	}
	v, err := from.Get(key)
	o.Fail(err)
	o.db.progress.Add(1)
	return v
}

// Read decodes the row at key into v and reports whether there is one.
func (o *Overlay) Read(key []byte, v any) bool {
	b := o.Get(key)
	if b == nil {
		return false
	}
	if err := rows.Decode(b, v); err != nil {
		o.Fail(fmt.Errorf("row %x: %w", key, err))
		return false
	}
	return true
}

// Scan calls f with the rows from first up to but without end, all of one family, until f returns
// false. F must not keep k and v, nor write.
func (o *Overlay) Scan(first, end []byte, f func(k, v []byte) bool) {
	if o.err == nil && bytes.Compare(first, end) < 0 { // a Reader costs something, too
		o.Fail(o.Reader(first[0]).Scan(first, end, func(k, v []byte) bool {
			o.db.progress.Add(1)
			return f(k, v)
		}))
	}
}

// Reader reads the rows of a family with the changes made so far; it is not used after the next.
func (o *Overlay) Reader(family byte) Reader {
	if len(o.changes[family]) == 0 {
		return o.db.Reader
	}
	if o.mirror == nil {
		o.Fail(o.db.backlog.flush())
		o.mirror = o.db.db.NewIndexedBatch()
	}
	eachChange(o.changes[family][o.mirrored[family]:], func(c change) {
		switch c.op {
		case opSet:
			o.Fail(o.mirror.Set(c.key, c.value, nil))
		case opRange:
			o.Fail(o.mirror.DeleteRange(c.key, c.value, nil))
		default:
			o.Fail(o.mirror.Delete(c.key, nil))
		}
	})
	o.mirrored[family] = len(o.changes[family])
	return Reader{o.mirror}
}

// Fail notes the first error.
func (o *Overlay) Fail(err error) {
	if o.err == nil && err != nil {
		o.err = err
	}
}

// Err returns what was noted.
func (o *Overlay) Err() error { return o.err }

// BytesPerUnit is how much of a row's value costs one more unit: encoding, hashing and writing it
// takes about as long as one more row.
const BytesPerUnit = 1 << 10

// Charge counts work, in units. One for each row written or deleted, and one more for every
// BytesPerUnit of its value, are counted without it. The count follows from what was asked alone,
// never from time, a cache or the machine.
func (o *Overlay) Charge(units uint64) {
	o.work += units
	o.db.progress.Add(units)
}

// Work is what was charged so far.
func (o *Overlay) Work() uint64 { return o.work }
