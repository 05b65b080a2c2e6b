package fsm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"aion.dev/aion/engine/history"
	"github.com/cockroachdb/pebble/v2"
)

// step is one entry being applied. It reads the state with its own changes on top and writes one batch, so the commands of an entry see each other's
// effects and the entry becomes visible, and durable, as a whole.
//
// Disk errors stick in err: reads find nothing from then on, and Apply drops the batch.
type step struct {
	s     *State
	index uint64
	now   history.Time
	meta  meta
	err   error

	batch    *pebble.Batch
	content  []byte            // every change in order, in the canonical form that the digest covers
	fresh    map[string][]byte // what this entry wrote to the families that are looked up by key; nil = deleted
	mirror   *pebble.Batch     // the same changes, indexed; made when somebody scans
	mirrored int               // how much of content is in mirror

	who     *Envelope       // of the command being applied
	size    int             // its bytes
	dirty   []*row          // runs that the command changed, in order
	stale   []*row          // runs that the entry changed, in order
	turning *row            // run whose turn is being recorded
	later   []history.Data  // events that the turn gives rise to for its own run: they follow those that it asked for
	added   []history.Event // events appended to turning

	readyN   uint32 // next place in the ready index
	deployN  uint32 // next place in the deploy history
	pins     pinChanges
	feed     []feedLine
	requests int  // request ids remembered
	checked  bool // the entry holds a Check
}

// The operations in content.
const (
	opSet    = 1
	opDelete = 2
	opRange  = 3
)

// lookedUp are the families that apply reads by key, often: those get an overlay of their own, so that most entries need no mirror.
var lookedUp = [256]bool{keyRequest: true, keyRunID: true, keyLatest: true, keyArmed: true, keyChild: true, keyPinPage: true}

// once are the families whose keys are written once and deleted once in their life. Pebble lets such a pair vanish together, so that a short-lived row
// leaves no tombstone behind.
var once = [256]bool{keyPin: true, keyReady: true}

func (t *step) put(key, value []byte) {
	t.content = appendOp(t.content, opSet, key, value)
	if lookedUp[key[0]] {
		t.fresh[string(key)] = append([]byte{}, value...)
	}
	t.fail(t.batch.Set(key, value, nil))
}

func (t *step) del(key []byte) {
	t.content = appendOp(t.content, opDelete, key, nil)
	if lookedUp[key[0]] {
		t.fresh[string(key)] = nil
	}
	if once[key[0]] {
		t.fail(t.batch.SingleDelete(key, nil))
	} else {
		t.fail(t.batch.Delete(key, nil))
	}
}

// delRange deletes from first up to but without end. Not for families in lookedUp.
func (t *step) delRange(first, end []byte) {
	t.content = appendOp(t.content, opRange, first, end)
	t.fail(t.batch.DeleteRange(first, end, nil))
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
	} else if key[0] != keyRow { // rows are written at the entry's end; until then those that changed are in the cache
		from = t.reflect()
	}
	v, err := get(from, key)
	t.fail(err)
	return v
}

// scan calls f with the rows from first up to but without end until f returns false. f must not keep k and v, nor write.
func (t *step) scan(first, end []byte, f func(k, v []byte) bool) {
	if t.err == nil {
		t.fail(scan(t.reflect(), first, end, f))
	}
}

// reflect brings the mirror up to date.
func (t *step) reflect() pebble.Reader {
	if len(t.content) == 0 {
		return t.s.db
	}
	if t.mirror == nil {
		t.mirror = t.s.db.NewIndexedBatch()
	}
	for t.mirrored < len(t.content) {
		op, key, value, size := readOp(t.content[t.mirrored:])
		switch {
		case op == opSet:
			t.fail(t.mirror.Set(key, value, nil))
		case op == opDelete:
			t.fail(t.mirror.Delete(key, nil))
		default:
			t.fail(t.mirror.DeleteRange(key, value, nil))
		}
		t.mirrored += size
	}
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
	if err := decode.Unmarshal(b, v); err != nil {
		t.fail(fmt.Errorf("row %x: %w", key, err))
		return false
	}
	return true
}

func (t *step) release() {
	if t.mirror != nil {
		t.fail(t.mirror.Close())
	}
	t.fail(t.batch.Close())
}

func appendOp(b []byte, op byte, key, value []byte) []byte {
	b = append(b, op)
	b = binary.AppendUvarint(b, uint64(len(key)))
	b = append(b, key...)
	if op == opDelete {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(b, value...)
}

func readOp(b []byte) (op byte, key, value []byte, size int) {
	op, size = b[0], 1
	next := func() []byte {
		n, w := binary.Uvarint(b[size:])
		field := b[size+w : size+w+int(n)]
		size += w + int(n)
		return field
	}
	key = next()
	if op != opDelete {
		value = next()
	}
	return op, key, value, size
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
