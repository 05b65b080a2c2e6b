package store

import (
	"bytes"
	"errors"
	"fmt"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// Reader reads rows: those of the database, of a Picture, or of an Overlay.
type Reader struct{ from pebble.Reader }

// Picture is the rows as they stood when it was taken.
type Picture struct{ Reader }

// Picture takes one, which does not copy rows.
func (d *DB) Picture() Picture { return Picture{Reader{d.backlog.picture()}} }

// Close lets go of the picture. It comes before the database is closed.
func (p Picture) Close() error { return p.from.Close() }

// Get returns a copy of the value at key, nil when there is none. A value is never nil.
func (r Reader) Get(key []byte) ([]byte, error) {
	v, closer, err := r.from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read row %x: %w", key, err)
	}
	v = append([]byte{}, v...)
	return v, closer.Close()
}

// Scan calls f with the rows from first up to but without end until f returns false. F must not
// keep k and v.
func (r Reader) Scan(first, end []byte, f func(k, v []byte) bool) error {
	if bytes.Compare(first, end) >= 0 {
		return nil
	}
	it, err := r.Iter(first, end)
	if err != nil {
		return fmt.Errorf("scan from row %x: %w", first, err)
	}
	for ok := it.First(); ok && f(it.Key(), it.Value()); ok = it.Next() {
	}
	return errors.Join(it.Error(), it.Close())
}

// ScanBack is Scan from the other end.
func (r Reader) ScanBack(first, end []byte, f func(k, v []byte) bool) error {
	if bytes.Compare(first, end) >= 0 {
		return nil
	}
	it, err := r.Iter(first, end)
	if err != nil {
		return fmt.Errorf("scan back from row %x: %w", end, err)
	}
	for ok := it.Last(); ok && f(it.Key(), it.Value()); ok = it.Prev() {
	}
	return errors.Join(it.Error(), it.Close())
}

// Meta returns the row that says where the state stands; zero when it stands at its beginning.
func (r Reader) Meta() (m rows.Meta, err error) {
	b, err := r.Get(rows.Key(rows.FamilyMeta))
	if err == nil && b != nil {
		err = rows.Decode(b, &m)
	}
	return m, err
}

// Each decodes all rows of a small family.
func Each[T any](r Reader, family byte, f func(k []byte, v T)) error {
	var bad error
	err := r.Scan(rows.Key(family), rows.Key(family+1), func(k, b []byte) bool {
		var v T
		if bad = rows.Decode(b, &v); bad != nil {
			bad = fmt.Errorf("row %x: %w", k, bad)
			return false
		}
		f(append([]byte(nil), k...), v)
		return true
	})
	return errors.Join(err, bad)
}

// Iter goes to and fro among the rows between two keys, for those whom Scan does not serve. Whoever
// has one closes it.
type Iter struct{ *pebble.Iterator }

// Iter returns one for the rows from first up to but without end.
func (r Reader) Iter(first, end []byte) (Iter, error) {
	it, err := r.from.NewIter(&pebble.IterOptions{LowerBound: first, UpperBound: end})
	return Iter{it}, err
}

// SeekIn goes to the first row from first up to but without end; false when there is none. It does
// not step over marks of deleted rows behind end, as SeekGE does.
func (it Iter) SeekIn(first, end []byte) bool {
	return it.SeekGEWithLimit(first, end) == pebble.IterValid
}

// SeekBackIn goes to the last row from first up to but without end; false when there is none.
func (it Iter) SeekBackIn(first, end []byte) bool {
	return it.SeekLTWithLimit(end, first) == pebble.IterValid
}
