package store

import "encoding/binary"

// The operations in changes.
const (
	opSet    = 1
	opDelete = 2
	opRange  = 3
)

// change notes one change: the operation, the key behind its length, and likewise the value, or the
// end of a range. The digest covers these bytes.
func (o *Overlay) change(op byte, key, value []byte) {
	o.Charge(1 + uint64(len(value))/BytesPerUnit)
	c := append(o.changes[key[0]], op)
	c = binary.AppendUvarint(c, uint64(len(key)))
	c = append(c, key...)
	if op != opDelete {
		c = binary.AppendUvarint(c, uint64(len(value)))
		c = append(c, value...)
	}
	o.changes[key[0]] = c
}

// each calls f with the changes of a family from the given offset on, in order.
func (o *Overlay) each(family, from int, f func(op byte, key, value []byte) error) {
	b := o.changes[family][from:]
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
		o.Fail(f(op, key, value))
	}
}

// Changed calls f with the rows of a family that were written, in order, with a value of nil when
// they were deleted. It leaves out deleted ranges. F must not keep key and value.
func (o *Overlay) Changed(family byte, f func(key, value []byte)) {
	o.each(int(family), 0, func(op byte, key, value []byte) error {
		if op != opRange {
			f(key, value)
		}
		return nil
	})
}
