package fsm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// step is one entry being applied. It reads the state with its own changes on top and writes one
// batch, so the commands of an entry see each other's effects and the entry becomes visible, and
// durable, as a whole.
//
// Disk errors stick in err: reads find nothing from then on, and Apply drops the entry.
type step struct {
	s     *State
	index uint64
	now   history.Time
	meta  rows.Meta
	err   error

	changes  [rows.Families][]byte // what the entry changes, by family and then in order, in the form that the digest covers
	fresh    map[string][]byte     // what it wrote to the families that are looked up by key; nil = deleted
	mirror   *pebble.Batch         // the same changes, indexed; made when somebody scans
	mirrored [rows.Families]int    // how much of each family's changes is in mirror

	who     *Envelope       // of the command being applied
	size    int             // its bytes
	rules   uint64          // of history.Rules, by which the activities that it asks for are offered
	dirty   []*row          // runs that the command changed, in order
	stale   []*row          // runs that the entry changed, in order
	turning *row            // run whose turn is being recorded
	later   []history.Data  // events that the turn gives rise to for its own run: they follow those that it asked for
	added   []history.Event // events appended to turning
	work    uint64          // units that the entry has cost so far, see work.go
	budget  uint64          // units after which commands leave the rest to a job; 0 = none does
	hops    uint64          // parents gone up to, see run_doomed.go

	flaws      map[uint64]string // of the children that the turn starts, by ordinal: why their input does not fit; never ranged over
	relabelled bool              // turning has attributes that nobody else holds
	readyN     uint32            // next place in the ready index
	deployN    uint32            // next place in the deploy history
	offerN     uint32            // next place among the offers
	schedules  scheduleChanges
	pages      pages
	pins       pinChanges
	counts     countChanges
	feed       []feedLine
	requests   int    // request keys remembered
	expired    []byte // row of the command's request key, when it is too old to answer
	ranges     int    // deleted
	checked    bool   // the entry holds a Check
}

// The operations in changes.
const (
	opSet    = 1
	opDelete = 2
	opRange  = 3
)

// lookedUp are the families that apply reads by key, often: those get an overlay of their own, so
// that most entries need no mirror.
var lookedUp = [rows.Families]bool{rows.FamilyRequest: true, rows.FamilyRemembered: true, rows.FamilyRunID: true, rows.FamilyLatest: true, rows.FamilyArmed: true, rows.FamilyChild: true, rows.FamilyPage: true, rows.FamilyTask: true}

// once are the families whose keys are not written again before they are deleted. Pebble lets such
// a pair vanish together, so that a short-lived row leaves no mark behind.
var once = [rows.Families]bool{rows.FamilyPin: true, rows.FamilyReady: true, rows.FamilyByStatus: true, rows.FamilyAttribute: true, rows.FamilyTimer: true, rows.FamilyOffer: true, rows.FamilyForget: true, rows.FamilyLine: true}

// reset makes t ready for another entry and keeps its memory.
func (t *step) reset() {
	for i := range t.changes {
		t.changes[i] = t.changes[i][:0]
	}
	clear(t.fresh)
	t.mirror, t.mirrored = nil, [rows.Families]int{}
	t.dirty, t.stale, t.feed = t.dirty[:0], t.stale[:0], t.feed[:0]
	t.turning, t.later, t.added, t.work, t.budget, t.hops = nil, nil, nil, 0, 0, 0
	t.readyN, t.deployN, t.offerN, t.requests, t.ranges, t.checked = 0, 0, 0, 0, 0, false
	t.schedules.reset()
	t.pages.reset()
	t.pins.reset()
	t.counts.reset()
}

func (t *step) put(key, value []byte) {
	t.change(opSet, key, value)
	if lookedUp[key[0]] {
		t.fresh[string(key)] = append([]byte{}, value...)
	}
}

func (t *step) del(key []byte) {
	t.change(opDelete, key, nil)
	if lookedUp[key[0]] {
		t.fresh[string(key)] = nil
	}
}

// delRange deletes from first up to but without end, all of one family, which is not in lookedUp.
func (t *step) delRange(first, end []byte) {
	t.ranges++
	t.change(opRange, first, end)
}

func (t *step) change(op byte, key, value []byte) {
	t.charge(1 + uint64(len(value))/bytesPerUnit)
	c := append(t.changes[key[0]], op)
	c = binary.AppendUvarint(c, uint64(len(key)))
	c = append(c, key...)
	if op != opDelete {
		c = binary.AppendUvarint(c, uint64(len(value)))
		c = append(c, value...)
	}
	t.changes[key[0]] = c
}

// each calls f with the changes of a family from the given offset on, in order.
func (t *step) each(family, from int, f func(op byte, key, value []byte) error) {
	b := t.changes[family][from:]
	field := func() []byte {
		n, w := binary.Uvarint(b)
		v := b[w : w+int(n)]
		b = b[w+int(n):]
		return v
	}
	for len(b) > 0 {
		op := b[0]
		b = b[1:]
		key := field()
		var value []byte
		if op != opDelete {
			value = field()
		}
		t.fail(f(op, key, value))
	}
}

// write makes the batch. It goes by family: the keys of a family mostly rise, and inserting
// neighbours is twice as fast as jumping about.
func (t *step) write(b *pebble.Batch) {
	for family := range rows.Families {
		t.each(family, 0, func(op byte, key, value []byte) error {
			t.s.progress.Add(1)
			switch {
			case op == opSet:
				return b.Set(key, value, nil)
			case op == opRange:
				return b.DeleteRange(key, value, nil)
			case once[family]:
				return b.SingleDelete(key, nil)
			}
			return b.Delete(key, nil)
		})
	}
}

// get returns a copy of the value at key, nil when there is none.
func (t *step) get(key []byte) []byte {
	if t.err != nil {
		return nil
	}
	var from pebble.Reader = t.s.db
	if lookedUp[key[0]] {
		if v, ok := t.fresh[string(key)]; ok {
			return v
		}
	} else if key[0] != rows.FamilyRun { // rows are written at the entry's end; until then those that changed are in the cache
		from = t.reflect(key[0])
	}
	v, err := get(from, key)
	t.fail(err)
	t.s.progress.Add(1)
	return v
}

// scan calls f with the rows from first up to but without end, all of one family, until f returns
// false. f must not keep k and v, nor write.
func (t *step) scan(first, end []byte, f func(k, v []byte) bool) {
	if t.err == nil {
		t.fail(scan(t.reflect(first[0]), first, end, func(k, v []byte) bool {
			t.s.progress.Add(1)
			return f(k, v)
		}))
	}
}

// reflect brings the mirror up to date for a family.
func (t *step) reflect(family byte) pebble.Reader {
	if len(t.changes[family]) == 0 {
		return t.s.db
	}
	if t.mirror == nil {
		t.mirror = t.s.db.NewIndexedBatch()
	}
	t.each(int(family), t.mirrored[family], func(op byte, key, value []byte) error {
		switch op {
		case opSet:
			return t.mirror.Set(key, value, nil)
		case opRange:
			return t.mirror.DeleteRange(key, value, nil)
		}
		return t.mirror.Delete(key, nil)
	})
	t.mirrored[family] = len(t.changes[family])
	return t.mirror
}

func (t *step) fail(err error) {
	if t.err == nil && err != nil {
		t.err = err
	}
}

// read decodes the row at key into v and reports whether there is one.
func (t *step) read(key []byte, v any) bool {
	b := t.get(key)
	if b == nil {
		return false
	}
	if err := rows.Decode(b, v); err != nil {
		t.fail(fmt.Errorf("row %x: %w", key, err))
		return false
	}
	return true
}

// get returns a copy of the value at key, nil when there is none. A value is never nil.
func get(from pebble.Reader, key []byte) ([]byte, error) {
	v, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read row %x: %w", key, err)
	}
	v = append([]byte{}, v...)
	return v, closer.Close()
}

// scan calls f with the rows from first up to but without end until f returns false.
func scan(from pebble.Reader, first, end []byte, f func(k, v []byte) bool) error {
	if bytes.Compare(first, end) >= 0 {
		return nil
	}
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return fmt.Errorf("scan from row %x: %w", first, err)
	}
	for ok := it.First(); ok && f(it.Key(), it.Value()); ok = it.Next() {
	}
	return errors.Join(it.Error(), it.Close())
}

// scanBack is scan from the other end.
func scanBack(from pebble.Reader, first, end []byte, f func(k, v []byte) bool) error {
	if bytes.Compare(first, end) >= 0 {
		return nil
	}
	it, err := from.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	if err != nil {
		return fmt.Errorf("scan back from row %x: %w", end, err)
	}
	for ok := it.Last(); ok && f(it.Key(), it.Value()); ok = it.Prev() {
	}
	return errors.Join(it.Error(), it.Close())
}
